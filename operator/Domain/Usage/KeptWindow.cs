namespace Federation.Domain.Usage;

/// <summary>What a list of evidence says of a window.</summary>
/// <param name="Window">Its number, from 1. Two have the same where the cluster's state was once set back: the chain of roots that ends in a receipt's tells which one counts.</param>
/// <param name="Root">What its lines hash to, 32 bytes, 0x hex.</param>
/// <param name="Previous">Root of the window before; 32 zero bytes before the first.</param>
/// <param name="FromMs">Unix milliseconds.</param>
/// <param name="ThroughMs">Unix milliseconds.</param>
/// <param name="Series">How many lines follow its record.</param>
public sealed record KeptWindow(long Window, string Root, string Previous, long FromMs, long ThroughMs, int Series)
{
    /// <summary>Milliseconds of it in which the lease's capacity was held for it: all of them. Windows follow each other, so their sum is the lease's life so far.</summary>
    public long ReservedMs => ThroughMs - FromMs;

    /// <param name="record">The window's first line.</param>
    /// <returns>Null when that is no record of a window of this format.</returns>
    public static KeptWindow? Of(string root, string record) => WindowLines.ReadHead(record) is { } head
        ? new KeptWindow(head.Record.Number, root, head.Record.Previous, head.Record.FromMs, head.Record.After.ThroughMs, head.Series)
        : null;
}

/// <summary>Who may see what a lease was measured at, as its terms name them: neither changes while the lease lives.</summary>
/// <param name="Tenant">EIP-55 address.</param>
/// <param name="Arbiter">EIP-55 address; all zero: nobody.</param>
public sealed record LeaseReaders(string Tenant, string Arbiter);
