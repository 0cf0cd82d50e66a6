using System.Text.Json.Nodes;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Manifests;

/// <summary>Volumes of a pod, and where its container has them. Those of claims come with the StatefulSet.</summary>
internal static class MountManifests
{
    // The root file system is read-only: this is where a program may write whatever its image says.
    private const string Tmp = "tmp";
    private const string TmpPath = "/tmp";

    private const string Data = "data-";

    public static string NameOf(VolumeSpec volume) => Data + volume.Name;

    /// <returns>The volume's name in the workload; null when <see cref="NameOf(VolumeSpec)"/> made no such name.</returns>
    public static string? VolumeOf(string name) => name.StartsWith(Data, StringComparison.Ordinal) ? name[Data.Length..] : null;

    public static IEnumerable<JsonObject> Volumes(ContainerSpec container) =>
    [
        new() { ["name"] = Tmp, ["emptyDir"] = Json.Map(("sizeLimit", Amount.MiB(container.Resources.EphemeralMiB))) },
        .. container.Scratch.Select(Scratch),
        .. container.Files.Select(Files),
    ];

    public static JsonArray Mounts(ContainerSpec container, ServiceSpec? service)
    {
        JsonObject[] own =
        [
            .. (service?.Volumes ?? []).Select(v => Mount(NameOf(v), v.MountPath)),
            .. container.Scratch.Select(s => Mount(NameOf(s), s.MountPath)),
            .. container.Files.Select((f, i) => Mount(NameOf(i), f.MountPath, isReadOnly: true)),
        ];
        // A tenant's own mount at /tmp takes the place of ours.
        return Json.List(own.Any(m => m.Text("mountPath") == TmpPath) ? own : [Mount(Tmp, TmpPath), .. own]);
    }

    private static string NameOf(ScratchSpec scratch) => "data-" + scratch.Name;

    private static string NameOf(int files) => "files-" + Amount.Count((ulong)files);

    private static JsonObject Scratch(ScratchSpec scratch)
    {
        var empty = Json.Map(("sizeLimit", Amount.MiB(scratch.SizeMiB)));
        if (scratch.InMemory) empty["medium"] = "Memory";
        return new JsonObject { ["name"] = NameOf(scratch), ["emptyDir"] = empty };
    }

    private static JsonObject Files(FilesSpec files, int index)
    {
        var result = new JsonObject { ["name"] = NameOf(index) };
        if (files.Kind == SourceKind.Secret) result["secret"] = Json.Map(("secretName", files.Name));
        else result["configMap"] = Json.Map(("name", files.Name));
        return result;
    }

    private static JsonObject Mount(string name, string path, bool isReadOnly = false)
    {
        var mount = Json.Map(("name", name), ("mountPath", path));
        if (isReadOnly) mount["readOnly"] = true;
        return mount;
    }
}
