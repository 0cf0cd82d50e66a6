using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>Written by the operator alone. <see cref="Leases"/> is durable: an order is there before it is sent.</summary>
public sealed record ComputeRequestStatus
{
    [Description("Generation of the spec that this is about.")]
    public long ObservedGeneration { get; init; }

    [XListType(ListType.Map), XListMapKeys("type")]
    public IReadOnlyList<ConditionEntry> Conditions { get; init; } = [];

    [Description("Address that buys.")]
    public string? Wallet { get; init; }

    [Description("Replicas that are ready.")]
    public int ReadyReplicas { get; init; }

    [Description("Smallest units that the leases below were given.")]
    public string? Funded { get; init; }

    [Description("Smallest units that leases of this request were claimed so far, those that are over included.")]
    public string? Spent { get; init; }

    [Description("Smallest units in escrow now: what is not claimed of them comes back.")]
    public string? Escrow { get; init; }

    [Description("What of spent is of leases that are over, and are not below any more.")]
    public string? SpentEarlier { get; init; }

    [XListType(ListType.Atomic), Description("Orders and leases that hold money, or may come to.")]
    public IReadOnlyList<RequestLeaseStatus> Leases { get; init; } = [];

    [XListType(ListType.Atomic), Description("Replicas that get no further lease.")]
    public IReadOnlyList<EndedReplicaStatus> Ended { get; init; } = [];

    [XListType(ListType.Atomic), Description("Datacenters that failed, and are not asked for a while.")]
    public IReadOnlyList<AvoidedStatus> Avoided { get; init; } = [];

    [Description("Leases that were given up for others since the spec changed.")]
    public int Replacements { get; init; }

    [XListType(ListType.Atomic), Items(maxItems: 32), Description("Transactions that were sent for this request, the newest ones, oldest first.")]
    public IReadOnlyList<RequestTransactionStatus> Transactions { get; init; } = [];

    [XListType(ListType.Atomic), Items(maxItems: 16), Description("What the last choice for each replica was made among.")]
    public IReadOnlyList<RequestChoiceStatus> Choices { get; init; } = [];
}

public sealed record RequestTransactionStatus
{
    [Required, Description("The lease that it was for.")]
    public string LeaseId { get; init; } = "";

    [Required, Description("Match, TopUp, AmendSpec, Amend or Close.")]
    public string Action { get; init; } = "";

    [Required, Description("Of the transaction, 0x hex.")]
    public string Hash { get; init; } = "";

    [MaxLength(256), Description("Why it did not take effect; left out when nothing is known against it.")]
    public string? Error { get; init; }
}

public sealed record RequestChoiceStatus
{
    [Required, Description("Number of the replica.")]
    public int Replica { get; init; }

    [XListType(ListType.Atomic), Items(maxItems: 8), Description("The datacenter that was chosen first, then the others by price, then those that made no offer.")]
    public IReadOnlyList<ComparedQuoteStatus> Quotes { get; init; } = [];

    [Description("Datacenters that there was no room for.")]
    public int Others { get; init; }
}

public sealed record ComparedQuoteStatus
{
    [Required, Description("On-chain identity of the datacenter.")]
    public string Provider { get; init; } = "";

    [MaxLength(78), Description("What offers are ranked by: the whole term at full load with all fees, smallest units. Left out where there is no offer.")]
    public string? Price { get; init; }

    [Required]
    public bool Chosen { get; init; }

    [Required, Description("It was asked for an offer.")]
    public bool Asked { get; init; }

    [MaxLength(64), Description("Why it was not chosen.")]
    public string? Reason { get; init; }

    [MaxLength(256), Description("For people.")]
    public string? Message { get; init; }
}

public sealed record RequestLeaseStatus
{
    [Required, Description("Number of the replica.")]
    public int Replica { get; init; }

    [Required, Description("The lease that the order is or may become.")]
    public string LeaseId { get; init; } = "";

    [Required, Description("On-chain identity of the datacenter.")]
    public string Provider { get; init; } = "";

    [MaxLength(512), Description("Its region by the registry.")]
    public string? Region { get; init; }

    [MaxLength(64), Description("What it is at, or waits for.")]
    public string? Reason { get; init; }

    [MaxLength(2048), Description("For people: what, and what would help.")]
    public string? Message { get; init; }

    [Required, Description("The replica serves.")]
    public bool Ready { get; init; }

    [XListType(ListType.Atomic), Items(maxItems: 16), MaxLength(256), Description("Where its services answer.")]
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    [Required, Description("Smallest units that it was given.")]
    public string Funded { get; init; } = "0";

    [Description("Smallest units that it was claimed so far.")]
    public string? Spent { get; init; }

    [Description("Smallest units in its escrow.")]
    public string? Escrow { get; init; }

    [Description("Why it is given up; left out when it is not.")]
    public string? Leaving { get; init; }

    [PreserveUnknownFields, Description("The operator's own: order, offer and terms, without which the money cannot be asked back. Do not edit.")]
    public JsonElement? Record { get; init; }
}

public sealed record EndedReplicaStatus
{
    [Required]
    public int Replica { get; init; }

    [Required, Description("TermOver: it ran as long as it was to. Else what ended it.")]
    public string Reason { get; init; } = "";
}

public sealed record AvoidedStatus
{
    [Required]
    public string Provider { get; init; } = "";

    [Required, Description("Unix seconds.")]
    public long Until { get; init; }
}
