using Federation.Ethereum;

namespace Federation.Chain.Ledger;

/// <summary>What a ledger reads, and how cautiously; <see cref="Options.ChainOptions"/> says what the members mean.</summary>
public sealed record LedgerOptions(ulong ChainId, Address LeaseManager, Address Market, Address Provider)
{
    public uint Confirmations { get; init; } = 3;

    public uint? FinalizedDepth { get; init; }

    public Bytes32? LeaseManagerCodeHash { get; init; }

    public Bytes32? MarketCodeHash { get; init; }

    /// <summary>Null: nothing is said of it.</summary>
    public Address? Vault { get; init; }

    public Bytes32? VaultCodeHash { get; init; }

    /// <summary>Null: nothing is said of it.</summary>
    public Address? Registry { get; init; }

    public Bytes32? RegistryCodeHash { get; init; }

    /// <summary>Null: nothing is said of it.</summary>
    public Address? Parameters { get; init; }

    /// <summary>Null: nothing is said of it.</summary>
    public Address? Apps { get; init; }

    /// <summary>Null: nothing is said of it.</summary>
    public Address? Results { get; init; }

    public uint LogRange { get; init; } = 2_000;

    /// <summary>Between two looks at the whole code; that there is any is checked on every read of the heads.</summary>
    public TimeSpan CodeCheckInterval { get; init; } = TimeSpan.FromMinutes(5);
}
