namespace Federation.Harness.Images;

/// <summary>What volumes are sent with: this machine's own programs and the libraries that they need, since busybox has no PUT.</summary>
public static class ExportImage
{
    public const string Reference = "localhost/federation/export:1";

    private static readonly string[] Programs = ["dash", "tar", "tee", "wc", "sha256sum", "mkfifo", "head", "cat", "curl"];

    /// <summary>Writes the archive into a folder and returns its path.</summary>
    internal static async Task<string> WriteAsync(string folder, CancellationToken cancellation)
    {
        var entries = await LinkedPrograms.PackAsync([.. Programs.Select(name => $"/usr/bin/{name}")], cancellation);
        var path = Path.Combine(folder, "export.tar");
        ImageArchive.Write(path, Reference, [.. entries, new ImageEntry("bin/sh", ImageEntry.Executable, LinkTo: "dash")],
            new ImageProgram(["/bin/sh"], $"{BusyboxImages.User}:{BusyboxImages.User}", []));
        return path;
    }
}
