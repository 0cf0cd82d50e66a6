using Federation.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Three datacenters with their operators.</summary>
public sealed class ThreeDatacenters() : FederationStage("three", DatacenterSpec.Standard(3));

[CollectionDefinition(Name)]
public sealed class ThreeDatacentersCollection : ICollectionFixture<ThreeDatacenters>
{
    public const string Name = "three datacenters with their operators";
}
