using Federation.Application.Ports;
using Federation.Testing.Builders;

namespace Federation.Testing.Cluster;

/// <summary>A registry that says what it is told to say.</summary>
public sealed class FixedRegistry : IRegistryReader
{
    public RegistryStanding Standing { get; set; } = new(Some.Tenant, Some.Tenant, Some.Provider, IsActive: true, "https://dc.example.org", "eu", 1_000, 400);

    /// <summary>Why it cannot be read; null: it can.</summary>
    public string? Fault { get; set; }

    public Task<RegistryStanding> ReadAsync(string token, CancellationToken cancellation) =>
        Fault is null ? Task.FromResult(Standing) : Task.FromException<RegistryStanding>(new LedgerException(Fault, isTransient: true));
}
