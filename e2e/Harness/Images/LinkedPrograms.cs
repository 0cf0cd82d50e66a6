using System.Text.RegularExpressions;
using Federation.Harness.Machine;

namespace Federation.Harness.Images;

/// <summary>This machine's own programs with the libraries that they need, for an image.</summary>
internal static partial class LinkedPrograms
{
    /// <summary>A machine whose only user is root: for programs that look their user up.</summary>
    internal static IReadOnlyList<ImageEntry> RootAlone { get; } =
    [
        new("etc/", ImageEntry.Executable),
        new("etc/passwd", ImageEntry.Readable, "root:x:0:0::/:/bin/false\n"u8.ToArray()),
        new("etc/group", ImageEntry.Readable, "root:x:0:\n"u8.ToArray()),
    ];

    /// <param name="files">Programs by their paths; in the image all of them are in <c>/bin</c>.</param>
    internal static async Task<IReadOnlyList<ImageEntry>> PackAsync(IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var libraries = Library().Matches(await Command.RunAsync("ldd", files, cancellation)).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal);
        List<ImageEntry> entries = [new("bin/", ImageEntry.Executable), new("tmp/", ImageEntry.Executable)];
        foreach (var file in files) entries.Add(new ImageEntry("bin/" + Path.GetFileName(file), ImageEntry.Executable, await File.ReadAllBytesAsync(file, cancellation)));
        foreach (var library in libraries) entries.Add(new ImageEntry(library[1..], ImageEntry.Executable, await File.ReadAllBytesAsync(library, cancellation)));
        return entries;
    }

    [GeneratedRegex(@"(?<=^\s+(\S+ => )?)/\S+(?= \(0x)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Library();
}
