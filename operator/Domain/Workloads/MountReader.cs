namespace Federation.Domain.Workloads;

/// <summary>What is mounted into a program.</summary>
/// <param name="Kept">Persistent volumes.</param>
internal sealed record Mounts(IReadOnlyList<VolumeSpec> Kept, IReadOnlyList<ScratchSpec> Scratch, IReadOnlyList<FilesSpec> Files);

/// <summary>The lists <c>volumes</c> and <c>files</c> of a service or job.</summary>
internal static class MountReader
{
    private const string Disk = "Disk";
    private const string Scratch = "Scratch";
    private const string Memory = "Memory";

    /// <param name="keeps">Its pods come back to the same disk: those of a job do not.</param>
    public static Mounts Read(ObjectReader program, bool keeps, FaultList faults)
    {
        var volumes = program.List("volumes", WorkloadLimits.Volumes, (e, at) => Volume(new ObjectReader(e, at, faults, "name", "size", "mountPath", "medium"), keeps));
        var files = program.List("files", WorkloadLimits.Files, (e, at) => Files(new ObjectReader(e, at, faults, "secret", "configMap", "mountPath")));
        WorkloadChecks.Distinct(volumes.Select(v => v.Name), program.PathOf("volumes"), "name", faults);
        CheckSources(program, files, faults);
        CheckPaths(program, volumes, files, faults);
        return new Mounts(
            [.. volumes.Where(v => v.Medium == Disk).Select(v => new VolumeSpec(v.Name, v.SizeMiB, v.MountPath))],
            [.. volumes.Where(v => v.Medium != Disk).Select(v => new ScratchSpec(v.Name, v.SizeMiB, v.MountPath, v.Medium == Memory))],
            files);
    }

    private static (string Name, uint SizeMiB, string MountPath, string Medium) Volume(ObjectReader volume, bool keeps)
    {
        var medium = volume.Text("medium", keeps ? OfService : OfJob, absent: keeps ? Disk : null);
        return (
            volume.Text("name", WorkloadRules.Name),
            volume.Amount("size", WorkloadLimits.VolumeMiB, Quantity.TryMiB),
            volume.Text("mountPath", medium == Memory ? WorkloadRules.MemoryMountPath : WorkloadRules.MountPath),
            medium);
    }

    private static FilesSpec Files(ObjectReader files)
    {
        var path = files.Text("mountPath", WorkloadRules.MountPath);
        return SourceReader.KindOf(files, "secret", "configMap") is var (kind, field)
            ? new FilesSpec(kind, files.Text(field, SourceReader.NameRule(kind)), path)
            : new FilesSpec(SourceKind.Secret, "", path);
    }

    // Each is written into the node's memory, which no pod is charged for.
    private static void CheckSources(ObjectReader program, IReadOnlyList<FilesSpec> files, FaultList faults)
    {
        var seen = new HashSet<(SourceKind, string)>();
        foreach (var (index, one) in files.Index())
            if (one.Name.Length > 0 && !seen.Add((one.Kind, one.Name))) faults.Add($"{program.PathOf("files")}[{index}]", $"{Shown.Of(one.Name)} is mounted twice: once is enough");
    }

    private static void CheckPaths(
        ObjectReader program, IReadOnlyList<(string Name, uint SizeMiB, string MountPath, string Medium)> volumes, IReadOnlyList<FilesSpec> files, FaultList faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var all = volumes.Select((v, i) => (At: $"{program.PathOf("volumes")}[{i}].mountPath", v.MountPath))
            .Concat(files.Select((f, i) => (At: $"{program.PathOf("files")}[{i}].mountPath", f.MountPath)));
        foreach (var (at, path) in all.Where(m => m.MountPath.Length > 0))
        {
            if (!seen.Add(path)) faults.Add(at, $"{Shown.Of(path)} is used twice");
            // No folder can be made there to mount on.
            else if (files.FirstOrDefault(f => f.MountPath.Length > 0 && path.StartsWith(f.MountPath + "/", StringComparison.Ordinal)) is { } above)
                faults.Add(at, $"is below {Shown.Of(above.MountPath)}, which holds files that nobody can write beside");
        }
    }

    private static string? OfService(string text) => text is Disk or Scratch or Memory
        ? null
        : $"{Shown.Of(text)} is not known: write \"{Disk}\" for what stays, \"{Scratch}\" or \"{Memory}\" for what goes with the pod";

    private static string? OfJob(string text) => text is Scratch or Memory
        ? null
        : $"{Shown.Of(text)} is not for a job, of which nothing stays: write \"{Scratch}\" or \"{Memory}\"";
}
