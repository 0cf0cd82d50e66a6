using Federation.Domain.Settlement;

namespace Federation.Application.Ports;

/// <summary>The key that countersigns: the tenant's own, or one of its session keys.</summary>
public interface ITenantKey
{
    /// <returns>Why what a gateway handed over is no receipt of this chain, contract and provider; null when it is one.</returns>
    string? FaultOf(SignedReceipt receipt);

    /// <returns>0x hex.</returns>
    Task<string> SignAsync(Receipt receipt, CancellationToken cancellation);
}

/// <summary>What was countersigned last, so that nothing older is ever signed.</summary>
public interface ISignedReceipts
{
    /// <exception cref="InvalidDataException">It is there and cannot be read.</exception>
    Receipt? Last();

    /// <summary>Durable when it returns.</summary>
    void Keep(Receipt receipt);
}

/// <summary>What a tenant itself reads of its usage.</summary>
public interface ITenantMeter
{
    /// <summary>Cumulative, from the lease's activation until then, by the meters' names in a receipt; those that are not read are left out.</summary>
    /// <param name="throughMs">Unix milliseconds.</param>
    /// <exception cref="UsageUnavailableException">Nothing was read of that time, or not yet.</exception>
    Task<IReadOnlyDictionary<string, double>> ReadAsync(long throughMs, CancellationToken cancellation);
}
