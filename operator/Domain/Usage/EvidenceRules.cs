namespace Federation.Domain.Usage;

/// <summary>How it is said whether the evidence of metering is kept.</summary>
public static class EvidenceRules
{
    /// <summary>The Datacenter's condition.</summary>
    public const string Type = "EvidenceKept";

    /// <summary>Reason of the condition, and of refused quotes and bids.</summary>
    public const string Unkept = "EvidenceUnkept";
}
