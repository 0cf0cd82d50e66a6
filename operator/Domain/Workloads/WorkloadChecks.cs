using System.Text.Encodings.Web;
using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>What only the whole workload shows: duplicates, sums, and that there is something to run.</summary>
internal static class WorkloadChecks
{
    public static void Check(WorkloadSpec workload, FaultList faults)
    {
        var programs = workload.Services.Count + workload.Jobs.Count;
        if (programs == 0 && faults.IsEmpty) faults.Add("", "needs at least one service or job");
        if (programs > WorkloadLimits.Programs)
            faults.Add("", $"has {programs} services and jobs: at most {WorkloadLimits.Programs} are allowed");
        if (workload is { PostResult: true, Jobs.Count: 0 }) faults.Add("postResult", "needs a job: a service has no result");
        CheckNames(workload, faults);
        CheckClaims(workload, faults);
        CheckHostnames(workload, faults);
        CheckTexts(workload, faults);
        CheckSums(WorkloadDemand.Of(workload), faults);
    }

    /// <summary>Adds a fault for each value that stood in the list before. Empty ones have their own fault already.</summary>
    public static void Distinct(IEnumerable<string> values, string path, string field, FaultList faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, value) in values.Index())
            if (value.Length > 0 && !seen.Add(value)) faults.Add($"{path}[{index}].{field}", $"{Shown.Of(value)} is used twice");
    }

    private static void CheckNames(WorkloadSpec workload, FaultList faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, program) in Programs(workload))
            if (program.Name.Length > 0 && !seen.Add(program.Name)) faults.Add($"{path}.name", $"{Shown.Of(program.Name)} is used twice: services and jobs share their names");
        foreach (var (i, service) in workload.Services.Index())
            foreach (var name in service.ExposedPorts.Select(p => service.ExposedName(p.Protocol)).Distinct().Where(seen.Contains))
                faults.Add($"services[{i}].name", $"{Shown.Of(service.Container.Name)} is exposed by the name {Shown.Of(name)}, which another program has: rename one of them");
    }

    // A StatefulSet's claims are named by volume and service with a hyphen between, and both may hold some: two services would share a disk.
    private static void CheckClaims(WorkloadSpec workload, FaultList faults)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (i, service) in workload.Services.Index())
            foreach (var (j, volume) in service.Volumes.Index())
            {
                var (name, claim) = (service.Container.Name, $"{volume.Name}-{service.Container.Name}");
                if (!owners.TryAdd(claim, name) && owners[claim] != name)
                    faults.Add($"services[{i}].volumes[{j}].name", $"{Shown.Of(volume.Name)} of {Shown.Of(name)} gets the disk of a volume of {Shown.Of(owners[claim])}: rename one of them");
            }
    }

    private static void CheckHostnames(WorkloadSpec workload, FaultList faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, service) in workload.Services.Index())
            foreach (var (j, port) in service.Ports.Index())
                foreach (var (k, name) in (port.Hostnames ?? []).Index())
                    if (!seen.Add(name)) faults.Add($"services[{i}].ports[{j}].hostnames[{k}]", $"{Shown.Of(name)} is used twice");
        if (seen.Count > WorkloadLimits.Hostnames) faults.Add("", $"has {seen.Count} hostnames: at most {WorkloadLimits.Hostnames} are allowed");
    }

    private static void CheckTexts(WorkloadSpec workload, FaultList faults)
    {
        foreach (var (path, program) in Programs(workload))
            if (Bytes(program) is var bytes && bytes > WorkloadLimits.ProgramBytes)
                faults.Add(path, $"has {bytes} bytes of texts: at most {WorkloadLimits.ProgramBytes} are allowed; put data in the image or fetch it");
    }

    // As many as when written: a text may grow by its escapes, and each stands in quotes, most beside names of fields.
    public static int Bytes(ContainerSpec program) => program.Command.Concat(program.Args).Concat(program.EnvFrom).Concat(program.EnvFromConfigMaps)
        .Concat(program.ImagePullSecrets)
        .Concat(program.Env.SelectMany(e => new[] { e.Name, e.Value, e.From?.Name ?? "", e.From?.Key ?? "" }))
        .Sum(text => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length + 32);

    public static IEnumerable<(string Path, ContainerSpec Program)> Programs(WorkloadSpec workload) =>
        workload.Services.Select((s, i) => ($"services[{i}]", s.Container)).Concat(workload.Jobs.Select((j, i) => ($"jobs[{i}]", j.Container)));

    // The chain holds reserved amounts in 32 bits, and devices in 16.
    private static void CheckSums(WorkloadDemand demand, FaultList faults)
    {
        CheckSum("cpu", demand.CpuMilli, uint.MaxValue, "millicores", faults);
        CheckSum("memory", demand.MemoryMiB, uint.MaxValue, "MiB", faults);
        CheckSum("storage", demand.StorageMiB, uint.MaxValue, "MiB", faults);
        foreach (var (gpuClass, count) in demand.Gpus) CheckSum($"GPU class {Shown.Of(gpuClass)}", count, ushort.MaxValue, "devices", faults);
        if (demand.Gpus.Count > WorkloadLimits.GpuClasses)
            faults.Add("", $"asks for {demand.Gpus.Count} GPU classes: a lease has at most {WorkloadLimits.GpuClasses}");
    }

    private static void CheckSum(string what, ulong sum, ulong max, string unit, FaultList faults)
    {
        if (sum > max) faults.Add("", $"all replicas together ask for {sum} {unit} ({what}): a lease can reserve at most {max}");
    }
}
