using System.Text.RegularExpressions;
using Federation.Harness.Machine;

namespace Federation.Harness.Images;

/// <summary>What volumes are sent with: this machine's own programs and the libraries that they need, since busybox has no PUT.</summary>
public static partial class ExportImage
{
    public const string Reference = "localhost/federation/export:1";

    private static readonly string[] Programs = ["dash", "tar", "tee", "wc", "sha256sum", "mkfifo", "head", "cat", "curl"];

    /// <summary>Writes the archive into a folder and returns its path.</summary>
    internal static async Task<string> WriteAsync(string folder, CancellationToken cancellation)
    {
        var files = Programs.Select(name => $"/usr/bin/{name}").ToArray();
        var libraries = Library().Matches(await Command.RunAsync("ldd", files, cancellation)).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal);
        List<ImageEntry> entries = [new("bin/", ImageEntry.Executable), new("bin/sh", ImageEntry.Executable, LinkTo: "dash"), new("tmp/", ImageEntry.Executable)];
        foreach (var file in files) entries.Add(new ImageEntry("bin/" + Path.GetFileName(file), ImageEntry.Executable, await File.ReadAllBytesAsync(file, cancellation)));
        foreach (var library in libraries) entries.Add(new ImageEntry(library[1..], ImageEntry.Executable, await File.ReadAllBytesAsync(library, cancellation)));
        var path = Path.Combine(folder, "export.tar");
        ImageArchive.Write(path, Reference, entries, new ImageProgram(["/bin/sh"], $"{BusyboxImages.User}:{BusyboxImages.User}", []));
        return path;
    }

    [GeneratedRegex(@"(?<=^\s+(\S+ => )?)/\S+(?= \(0x)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Library();
}
