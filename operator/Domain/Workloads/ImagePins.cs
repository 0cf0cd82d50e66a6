namespace Federation.Domain.Workloads;

/// <summary>
/// What the tags of one workload meant when they were first asked for. They mean that until the tenant amends the workload,
/// whatever is pushed to the registry meanwhile.
/// </summary>
/// <param name="SpecHash">Of the workload that they are of.</param>
/// <param name="Digests">By image reference as the tenant wrote it.</param>
public sealed record ImagePins(string SpecHash, IReadOnlyDictionary<string, string> Digests)
{
    /// <summary>The workload with digests in place of tags.</summary>
    public static WorkloadSpec Apply(ImagePins? pins, WorkloadSpec workload) => pins is null ? workload : workload with
    {
        Services = [.. workload.Services.Select(s => s with { Container = pins.Pin(s.Container) })],
        Jobs = [.. workload.Jobs.Select(j => j with { Container = pins.Pin(j.Container) })],
    };

    private ContainerSpec Pin(ContainerSpec container) => Digests.TryGetValue(container.Image, out var digest)
        ? container with { Image = $"{ImageReference.Parse(container.Image).Name}@{digest}" }
        : container;
}

/// <summary>Why the tags of a workload cannot be told yet.</summary>
/// <param name="Reason">CamelCase, stable, for a condition.</param>
/// <param name="Message">For people, with the next step.</param>
public sealed record ImageProblem(string Reason, string Message);

/// <summary>How far the tags of a workload are known.</summary>
/// <param name="Pins">Those that are; null when none is.</param>
/// <param name="IsComplete">Nothing is missing: the workload may run.</param>
/// <param name="Problem">Why something is missing; null while the answer is still awaited.</param>
public sealed record ImageNews(ImagePins? Pins, bool IsComplete, ImageProblem? Problem)
{
    public static ImageNews None { get; } = new(null, true, null);

    /// <summary>The answer should be here in a moment: what is said before it would be said twice.</summary>
    public bool IsAwaited { get; init; }
}
