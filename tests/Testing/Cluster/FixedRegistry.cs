using Federation.Application.Ports;
using Federation.Testing.Builders;

namespace Federation.Testing.Cluster;

/// <summary>A registry that says what it is told to say.</summary>
public sealed class FixedRegistry : IRegistryReader
{
    public RegistryStanding Standing { get; set; } = new(Some.Tenant, Some.Tenant, Some.Provider, IsActive: true, "https://dc.example.org", "eu", 1_000, 400)
    {
        PriceBook = "0x0b", OwnPriceBook = "0x0b", Calls = new RegistryCalls("cast send entry", "cast send activate", "cast send prices") { Stake = "cast send stake" },
    };

    /// <summary>Why it cannot be read; null: it can.</summary>
    public string? Fault { get; set; }

    public Task<RegistryStanding> ReadAsync(DatacenterSpec spec, CancellationToken cancellation) =>
        Fault is null ? Task.FromResult(Standing) : Task.FromException<RegistryStanding>(new LedgerException(Fault, isTransient: true));
}
