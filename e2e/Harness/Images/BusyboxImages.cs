using System.Text;

namespace Federation.Harness.Images;

/// <summary>The images that every started datacenter holds, built from the machine's static busybox.</summary>
public static class BusyboxImages
{
    /// <summary>The sandbox of every pod: waits for its end.</summary>
    public const string Pause = "localhost/pause:1";

    /// <summary>A web server on port 8080 that serves one page, and its own name at <c>/hostname</c>.</summary>
    public const string Web = "localhost/federation/web:1";

    /// <summary><c>burn SECONDS [MILLICORES]</c>: uses that much CPU for that long, prints what it did, and ends.</summary>
    public const string Burn = "localhost/federation/burn:1";

    /// <summary><c>digest WORD...</c>: hashes its words for five seconds, leaves the SHA-256 as the container's termination message, and ends.</summary>
    public const string Digest = "localhost/federation/digest:1";

    /// <summary>Sleeps, as root: what no lease may run.</summary>
    public const string Root = "localhost/federation/root:1";

    /// <summary>Who runs in the others: no root, and a number, so that <c>runAsNonRoot</c> can be checked without /etc/passwd.</summary>
    public const string User = "65532";

    private static readonly string[] Applets =
        ["sh", "httpd", "sleep", "cat", "echo", "ls", "wget", "nc", "id", "env", "date", "hostname", "test", "true", "false", "kill", "ps", "dd", "head", "sha256sum", "timeout", "mount", "tar"];

    /// <summary>Writes the archives into a folder and returns their paths.</summary>
    internal static IReadOnlyList<string> Write(string folder)
    {
        Directory.CreateDirectory(folder);
        return
        [
            WriteOne(folder, "pause.tar", Pause, ["/bin/sleep", "2147483647"], []),
            WriteOne(folder, "web.tar", Web, ["/bin/web"], [8080]),
            WriteOne(folder, "burn.tar", Burn, ["/bin/burn"], []),
            WriteOne(folder, "digest.tar", Digest, ["/bin/digest"], []),
            WriteOne(folder, "root.tar", Root, ["/bin/sleep", "2147483647"], [], "0"),
        ];
    }

    private static string WriteOne(string folder, string file, string reference, string[] entrypoint, int[] ports, string user = User)
    {
        var path = Path.Combine(folder, file);
        ImageArchive.Write(path, reference, Entries(), new ImageProgram(entrypoint, $"{user}:{user}", ports));
        return path;
    }

    private static List<ImageEntry> Entries()
    {
        List<ImageEntry> entries =
        [
            new("bin/", ImageEntry.Executable),
            new("bin/busybox", ImageEntry.Executable, File.ReadAllBytes("/bin/busybox")),
            new("bin/web", ImageEntry.Executable, Script("web.sh")),
            new("bin/burn", ImageEntry.Executable, Script("burn.sh")),
            new("bin/digest", ImageEntry.Executable, Script("digest.sh")),
            new("etc/", ImageEntry.Executable),
            new("etc/passwd", ImageEntry.Readable, Encoding.ASCII.GetBytes($"root:x:0:0::/:/bin/sh\nworker:x:{User}:{User}::/:/bin/sh\n")),
            new("www/", ImageEntry.Executable),
            new("www/index.html", ImageEntry.Readable, Encoding.ASCII.GetBytes("<!doctype html><title>Federation</title><h1>It runs.</h1>\n")),
            new("tmp/", ImageEntry.Executable),
        ];
        entries.AddRange(Applets.Select(name => new ImageEntry($"bin/{name}", ImageEntry.Executable, LinkTo: "busybox")));
        return entries;
    }

    internal static byte[] Script(string name)
    {
        using var stream = typeof(BusyboxImages).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the script {name} is not embedded");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
