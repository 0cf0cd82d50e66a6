using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>The fields that services and jobs share.</summary>
internal static class ContainerReader
{
    public static IReadOnlyList<string> Fields { get; } =
        ["name", "image", "imagePullSecrets", "command", "args", "env", "envFrom", "envFromConfigMaps", "resources", "volumes", "files"];

    /// <param name="replicas">What the field is called that counts the pods.</param>
    public static ContainerSpec Read(ObjectReader program, string replicas, Mounts mounts, FaultList faults)
    {
        var env = program.List("env", WorkloadLimits.Variables, (e, at) => Variable(new ObjectReader(e, at, faults, "name", "value", "valueFrom"), faults));
        WorkloadChecks.Distinct(env.Select(v => v.Name), program.PathOf("env"), "name", faults);
        var container = new ContainerSpec(
            program.Text("name", WorkloadRules.Name),
            program.Text("image", ImageReference.Fault),
            program.Texts("command", WorkloadLimits.Arguments, WorkloadRules.Argument),
            program.Texts("args", WorkloadLimits.Arguments, WorkloadRules.Argument),
            env,
            program.Texts("envFrom", WorkloadLimits.Variables, WorkloadRules.SecretName),
            Resources(program, faults),
            program.Whole(replicas, 1, WorkloadLimits.Replicas, absent: 1))
        {
            ImagePullSecrets = program.Texts("imagePullSecrets", WorkloadLimits.PullSecrets, WorkloadRules.SecretName),
            EnvFromConfigMaps = program.Texts("envFromConfigMaps", WorkloadLimits.Variables, WorkloadRules.ConfigMapName),
            Scratch = mounts.Scratch,
            Files = mounts.Files,
        };
        // The keys are unseen here, and override the variables by which a device plugin grants its devices.
        foreach (var (field, names) in new[] { ("envFrom", container.EnvFrom), ("envFromConfigMaps", container.EnvFromConfigMaps) })
            if (container.Resources.Gpu is not null && names.Count > 0) program.Fault(field, "may not stand beside resources.gpu: name each variable in env");
        CheckScratch(program, container);
        // Nobody but the tenant and the node reads its Secrets, so nobody can ask a closed registry what the tag means.
        if (container.ImagePullSecrets.Count > 0 && ImageReference.Fault(container.Image) is null && ImageReference.Parse(container.Image).Digest is null)
            program.Fault("image", "needs a digest beside imagePullSecrets, since the datacenter does not use your Secrets to look up a tag: write host/path@sha256:digest");
        return container;
    }

    private static EnvironmentVariable Variable(ObjectReader variable, FaultList faults)
    {
        var name = variable.Text("name", WorkloadRules.VariableName);
        if (!variable.Find("valueFrom", optional: true, out var element)) return new EnvironmentVariable(name, variable.Text("value", WorkloadRules.Argument));
        if (variable.Has("value")) variable.Fault("valueFrom", "may not stand beside value: keep one");
        var from = new ObjectReader(element, variable.PathOf("valueFrom"), faults, "secretKeyRef", "configMapKeyRef");
        return new EnvironmentVariable(name, "") { From = Key(from, SourceReader.KindOf(from, "secretKeyRef", "configMapKeyRef"), faults) };
    }

    private static KeyReference? Key(ObjectReader from, (SourceKind Kind, string Field)? source, FaultList faults)
    {
        if (source is not var (kind, field) || !from.Find(field, optional: false, out var element)) return null;
        var reference = new ObjectReader(element, from.PathOf(field), faults, "name", "key");
        return new KeyReference(kind, reference.Text("name", SourceReader.NameRule(kind)), reference.Text("key", WorkloadRules.Key));
    }

    // What is in memory takes it from the program; what is on disk counts as its scratch space.
    private static void CheckScratch(ObjectReader program, ContainerSpec container)
    {
        ulong Sum(bool inMemory) => container.Scratch.Where(s => s.InMemory == inMemory).Aggregate(0UL, (sum, s) => sum + s.SizeMiB);
        var (memory, disk, limits) = (Sum(true), Sum(false), container.Resources);
        if (memory > 0 && limits.MemoryMiB > 0 && memory >= limits.MemoryMiB)
            program.Fault("volumes", $"has {memory} MiB in memory of the {limits.MemoryMiB} MiB of resources.memory, which hold the program too: make them smaller, or the memory larger");
        if (limits.EphemeralMiB > 0 && disk > limits.EphemeralMiB)
            program.Fault("volumes", $"has {disk} MiB of Scratch, resources.ephemeralStorage holds {limits.EphemeralMiB} MiB of it: make them smaller, or that larger");
    }

    private static ContainerResources Resources(ObjectReader program, FaultList faults)
    {
        if (!program.Find("resources", optional: false, out var element)) return new ContainerResources(0, 0, 0, null);
        var resources = new ObjectReader(element, program.PathOf("resources"), faults, "cpu", "memory", "ephemeralStorage", "gpu");
        return new ContainerResources(
            resources.Amount("cpu", WorkloadLimits.CpuMilli, Quantity.TryMilliCpu),
            resources.Amount("memory", WorkloadLimits.MemoryMiB, Quantity.TryMiB),
            resources.Amount("ephemeralStorage", WorkloadLimits.MemoryMiB, Quantity.TryMiB, absent: WorkloadLimits.EphemeralStorage),
            resources.Find("gpu", optional: true, out var gpu)
                ? Gpu(new ObjectReader(gpu, resources.PathOf("gpu"), faults, "class", "count"))
                : null);
    }

    private static GpuDemand Gpu(ObjectReader gpu) =>
        new(gpu.Text("class", WorkloadRules.GpuClass), (ushort)gpu.Whole("count", 1, WorkloadLimits.Gpus));
}
