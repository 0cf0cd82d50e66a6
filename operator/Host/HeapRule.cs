namespace Federation.Host;

/// <summary>When it is worth its pause to collect everything and give back what is free.</summary>
internal sealed class HeapRule
{
    // What is allocated between two small collections, and what those leave for the next: it comes again at once.
    private const long Young = 6 << 20;

    private long kept;
    private long pace;

    /// <param name="committed">Bytes that the heap takes of the machine now.</param>
    /// <param name="lately">Bytes that were allocated since the last look.</param>
    public bool IsDue(long committed, long lately) =>
        // It has grown by a tenth.
        committed > kept + (kept / 10) + Young
        // What was in use in the middle of a burst was not all to stay: after that ends there is less. Half and half again, until it is quiet.
        || lately < pace / 2;

    /// <summary>It was done: <paramref name="committed"/> is what is left.</summary>
    public void Collected(long committed, long lately) => (kept, pace) = (committed, lately);
}
