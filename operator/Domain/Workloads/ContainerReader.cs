using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>The fields that services and jobs share.</summary>
internal static class ContainerReader
{
    /// <param name="replicas">What the field is called that counts the pods.</param>
    public static ContainerSpec Read(ObjectReader program, string replicas, FaultList faults)
    {
        var env = program.List("env", WorkloadLimits.Variables, (e, at) => Variable(new ObjectReader(e, at, faults, "name", "value")));
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
        };
        // A Secret's keys are unseen here, and override the variables by which a device plugin grants its devices.
        if (container is { Resources.Gpu: not null, EnvFrom.Count: > 0 })
            program.Fault("envFrom", "may not stand beside resources.gpu: name each variable in env");
        // Nobody but the tenant and the node reads its Secrets, so nobody can ask a closed registry what the tag means.
        if (container.ImagePullSecrets.Count > 0 && ImageReference.Fault(container.Image) is null && ImageReference.Parse(container.Image).Digest is null)
            program.Fault("image", "needs a digest beside imagePullSecrets, since the datacenter does not use your Secrets to look up a tag: write host/path@sha256:digest");
        return container;
    }

    private static EnvironmentVariable Variable(ObjectReader variable) =>
        new(variable.Text("name", WorkloadRules.VariableName), variable.Text("value", WorkloadRules.Argument));

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
