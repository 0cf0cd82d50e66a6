// Worlds of datacenters in one process come one after the other. .ci/test runs three processes beside each other, a lane each: a world waits for
// blocks, windows and pulls more than it works, and three fill two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Federation.Scenarios;

/// <summary>Which of the processes a collection is in that <c>.ci/test</c> runs; without one it is in the first.</summary>
internal static class Lane
{
    public const string Trait = "Lane";

    /// <summary>Beside the first. What makes the operator's image is in it: two would make it at once.</summary>
    public const string Second = "second";

    /// <summary>Beside these.</summary>
    public const string Third = "third";

    /// <summary>After them: what takes two cores by itself, or looks at the whole machine and whether it is as it was.</summary>
    public const string Alone = "alone";
}

/// <summary>What has the machine alone.</summary>
[CollectionDefinition(Name)]
[Trait(Lane.Trait, Lane.Alone)]
public sealed class WholeMachineCollection
{
    public const string Name = "the machine, with nothing else of ours";
}
