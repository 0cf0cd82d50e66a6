using Federation.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Three datacenters with their operators.</summary>
public sealed class ThreeDatacenters() : FederationStage("three", DatacenterSpec.Standard(3))
{
    // No story here measures to the second, and three kubelets that look every half second are a fourth of two cores.
    private protected override TimeSpan ScrapeInterval => TimeSpan.FromSeconds(2);
}

[CollectionDefinition(Name)]
public sealed class ThreeDatacentersCollection : ICollectionFixture<ThreeDatacenters>
{
    public const string Name = "three datacenters with their operators";
}
