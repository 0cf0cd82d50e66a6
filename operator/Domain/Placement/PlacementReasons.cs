namespace Federation.Domain.Placement;

/// <summary>Why a lease cannot be placed: reasons of the condition Scheduled and of a refused quote.</summary>
public static class PlacementReasons
{
    /// <summary>The datacenter has no node.</summary>
    public const string NoNodes = nameof(NoNodes);

    /// <summary>There are nodes, but none may take pods now, or none of those that would help.</summary>
    public const string NodesBlocked = nameof(NodesBlocked);

    /// <summary>No node has devices of the model class.</summary>
    public const string NoMatchingGpu = nameof(NoMatchingGpu);

    /// <summary>The class is there; too few of its devices are free.</summary>
    public const string NotEnoughGpu = nameof(NotEnoughGpu);

    public const string NotEnoughCpu = nameof(NotEnoughCpu);
    public const string NotEnoughMemory = nameof(NotEnoughMemory);

    /// <summary>Scratch space of the nodes.</summary>
    public const string NotEnoughEphemeral = nameof(NotEnoughEphemeral);

    /// <summary>Volumes and scratch space of the datacenter.</summary>
    public const string NotEnoughStorage = nameof(NotEnoughStorage);

    /// <summary>Neither its nodes nor its administrator tell how much storage the datacenter has.</summary>
    public const string StorageUnknown = nameof(StorageUnknown);

    /// <summary>The nodes take no more pods, whatever their size.</summary>
    public const string NotEnoughPods = nameof(NotEnoughPods);

    /// <summary>More than the datacenter has, even with nothing on it: asking again will not help.</summary>
    public const string ExceedsDatacenter = nameof(ExceedsDatacenter);

    /// <summary>It would fit, but quotes or bids of others hold it; the message says until when.</summary>
    public const string Held = nameof(Held);

    /// <summary>The payer, or its network address, has as many open quotes as one may have.</summary>
    public const string TooManyQuotes = nameof(TooManyQuotes);

    /// <summary>The datacenter has as many open quotes as it keeps.</summary>
    public const string HoldsExhausted = nameof(HoldsExhausted);

    /// <summary>As many bids are open as the datacenter's administrator allows.</summary>
    public const string TooManyBids = nameof(TooManyBids);

    /// <summary>Open bids would hold more of a class than the datacenter's administrator allows.</summary>
    public const string BidShareExceeded = nameof(BidShareExceeded);

    /// <summary>The payer does not have what its open quotes and this one would put into escrow.</summary>
    public const string FundsTooLow = nameof(FundsTooLow);

    /// <summary>What runs takes more than its lease reserves since that was amended.</summary>
    public const string LargerThanLeased = nameof(LargerThanLeased);

    /// <summary>Free in sum, not on single nodes.</summary>
    public const string Fragmented = nameof(Fragmented);
}
