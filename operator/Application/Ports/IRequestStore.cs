using System.Numerics;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;

namespace Federation.Application.Ports;

/// <summary>Where a request's book is kept.</summary>
public interface IRequestStore
{
    /// <summary>Durable when it returns.</summary>
    /// <exception cref="ClusterException">It was not written, or perhaps not: somebody else wrote since it was read, or the server did not answer. Nothing may be sent.</exception>
    Task SaveAsync(RequestReport report, CancellationToken cancellation);
}

/// <summary>A ComputeRequest's spec.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Token">Empty: the deployment's own.</param>
/// <param name="Arbiter">Empty: none.</param>
public sealed record RequestDemand(
    string Key, long Generation, bool IsDeleted, JsonElement? Workload, int Replicas, uint DurationSeconds, string Token, Ceiling Most, PlacementRules Placement,
    BigInteger Deposit, string Arbiter, uint MaxNoticeSeconds)
{
    public TopUpPolicy? TopUp { get; init; }

    public RenewPolicy? Renew { get; init; }

    public FailoverPolicy? Failover { get; init; }
}

/// <summary>All that is known of what a request bought. Durable.</summary>
public sealed record RequestRecord(RequestBook Book, IReadOnlyDictionary<LeaseId, OrderRecord> Orders)
{
    public static RequestRecord New { get; } = new(RequestBook.New, new Dictionary<LeaseId, OrderRecord>());

    /// <summary>The newest that were sent for it, oldest first. For people: nothing is decided on them.</summary>
    public IReadOnlyList<SentTransaction> Transactions { get; init; } = [];

    /// <summary>The last choice for each replica. For people, too.</summary>
    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];
}

/// <summary>What has to be known to send an order again, and to find its lease.</summary>
/// <param name="FromBlock">No block before it has the match.</param>
public sealed record OrderRecord(RequestTerms Request, SignedOffer Offer, ulong FromBlock);

/// <summary>How a request stands after a pass.</summary>
/// <param name="Purchases">In the order of the book.</param>
/// <param name="NextLook">When it is worth looking again.</param>
public sealed record RequestReport(RequestRecord Record, string Wallet, IReadOnlyList<PurchaseReport> Purchases, IReadOnlyList<LeaseCondition> Conditions, TimeSpan NextLook)
{
    /// <summary>Nothing holds money any more.</summary>
    public bool IsSettled => Record.Book.Purchases.Count == 0;
}

public sealed record PurchaseReport(Purchase Purchase, PurchaseStep Step, IReadOnlyList<string> Endpoints);
