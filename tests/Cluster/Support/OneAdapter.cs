namespace Federation.Cluster.Tests.Support;

/// <summary>Tests that count the shared adapter's writes run one after the other.</summary>
[CollectionDefinition("one adapter", DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word.
public sealed class OneAdapterCollection : ICollectionFixture<AdapterFixture>;
#pragma warning restore CA1711
