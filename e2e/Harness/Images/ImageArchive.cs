using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Federation.Harness.Images;

/// <summary>One entry of an image's file system: a folder, a file, or a symbolic link.</summary>
internal sealed record ImageEntry(string Path, UnixFileMode Mode, byte[]? Content = null, string? LinkTo = null)
{
    internal const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    internal const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
}

/// <summary>What an image runs.</summary>
internal sealed record ImageProgram(IReadOnlyList<string> Entrypoint, string User, IReadOnlyList<int> Ports);

/// <summary>
/// Writes a container image of one layer as the archive that <c>ctr images import</c> and <c>docker load</c> read,
/// without a container engine or registry. The same input gives the same bytes.
/// </summary>
internal static class ImageArchive
{
    internal static void Write(string path, string reference, IEnumerable<ImageEntry> entries, ImageProgram program)
    {
        var layer = Layer(entries);
        var config = new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = new JsonObject
            {
                ["Entrypoint"] = new JsonArray([.. program.Entrypoint.Select(word => (JsonNode)word)]),
                ["Env"] = new JsonArray("PATH=/bin"),
                ["User"] = program.User,
                ["ExposedPorts"] = new JsonObject(program.Ports.Select(port => KeyValuePair.Create($"{port}/tcp", (JsonNode?)new JsonObject()))),
                ["WorkingDir"] = "/",
            },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray($"sha256:{Hash(layer)}") },
        };
        var configBytes = System.Text.Encoding.UTF8.GetBytes(config.ToJsonString());
        var manifest = new JsonArray(new JsonObject
        {
            ["Config"] = $"{Hash(configBytes)}.json", ["RepoTags"] = new JsonArray(reference), ["Layers"] = new JsonArray("layer.tar"),
        });
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        Add(tar, new ImageEntry($"{Hash(configBytes)}.json", ImageEntry.Readable, configBytes));
        Add(tar, new ImageEntry("layer.tar", ImageEntry.Readable, layer));
        Add(tar, new ImageEntry("manifest.json", ImageEntry.Readable, System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString())));
    }

    private static byte[] Layer(IEnumerable<ImageEntry> entries)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
            foreach (var entry in entries) Add(tar, entry);
        return stream.ToArray();
    }

    private static void Add(TarWriter tar, ImageEntry entry)
    {
        var type = entry.LinkTo is not null ? TarEntryType.SymbolicLink
            : entry.Content is null ? TarEntryType.Directory : TarEntryType.RegularFile;
        var item = new UstarTarEntry(type, entry.Path) { Mode = entry.Mode, ModificationTime = DateTimeOffset.UnixEpoch };
        if (entry.LinkTo is not null) item.LinkName = entry.LinkTo;
        if (entry.Content is not null) item.DataStream = new MemoryStream(entry.Content);
        tar.WriteEntry(item);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
