using System.Globalization;

namespace Federation.Domain.Workloads;

/// <summary>
/// Bounds of a workload that is newly delivered, closer than those of <see cref="WorkloadLimits"/>, by which what stands there already is read:
/// what was let in once runs on. A pod, and each object that it is made of, holds the program's texts whole and is stored anew with each
/// change of its status, which the program itself brings about.
/// </summary>
public static class WorkloadBounds
{
    /// <summary>Bytes of JSON of the whole workload.</summary>
    public const int Bytes = 64 * 1024;

    /// <summary>Bytes of one program's texts.</summary>
    public const int ProgramBytes = 32 * 1024;

    /// <summary>Bytes a second that a lease may have the cluster store by programs that are ready and not ready in turn; and what each core adds to that.</summary>
    public const double StoredPerSecond = 128 * 1024;

    /// <summary>Of each core that all pods together have: who runs many programs pays for them.</summary>
    public const double StoredPerSecondOfACore = 16 * 1024;

    // A pod, its ReplicaSet and its Deployment without texts, some 5 KiB each.
    private const double ObjectBytes = 16 * 1024;

    // Of the texts: in the pod; in the templates of the other two, and in what was applied to each.
    private const int Copies = 5;

    /// <param name="bytes">Of its JSON.</param>
    public static IEnumerable<WorkloadFault> Faults(WorkloadSpec workload, int bytes)
    {
        if (bytes > Bytes) yield return new WorkloadFault("", $"has {bytes} bytes of JSON: at most {Bytes} are taken; put data into ConfigMaps or the image, or fetch it");
        foreach (var (path, program) in WorkloadChecks.Programs(workload))
            if (WorkloadChecks.Bytes(program) is var texts && texts > ProgramBytes)
                yield return new WorkloadFault(path, $"has {texts} bytes of texts (command, args, env): at most {ProgramBytes} are taken; put data into ConfigMaps (files, envFromConfigMaps) or the image, or fetch it");
        if (Flips(workload) is { } fault) yield return fault;
    }

    // The service that has the cluster store the most is named.
    private static WorkloadFault? Flips(WorkloadSpec workload)
    {
        var most = StoredPerSecond + (StoredPerSecondOfACore * WorkloadDemand.Of(workload).CpuMilli / 1000);
        var each = workload.Services.Select(PerSecond).ToArray();
        if (each.Sum() <= most) return null;
        var worst = Array.IndexOf(each, each.Max());
        var period = Math.Ceiling(workload.Services[worst].Readiness!.PeriodSeconds * each.Sum() / most);
        return new WorkloadFault($"services[{worst}].readiness", string.Create(CultureInfo.InvariantCulture, $"asks so often that pods whose readiness comes and goes would have the cluster store {each.Sum() / 1024:0} KiB a second, and {most / 1024:0} may be (more with more cpu): ask less often (periodSeconds {period:0}, or a higher failureThreshold), or with shorter texts or fewer replicas"));
    }

    // At worst it is unready after so many failures, ready after one success, and so on.
    private static double PerSecond(ServiceSpec service) => service.Readiness is { } readiness
        ? service.Container.Replicas * 2.0 / (readiness.PeriodSeconds * (readiness.FailureThreshold + 1.0)) * (ObjectBytes + (Copies * WorkloadChecks.Bytes(service.Container)))
        : 0;
}
