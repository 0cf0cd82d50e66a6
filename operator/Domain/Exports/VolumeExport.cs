namespace Federation.Domain.Exports;

/// <summary>What came of the last try to send a volume. Durable: the pod that knew it is gone.</summary>
/// <param name="Secret">That held the URL.</param>
/// <param name="EndedAt">Unix seconds.</param>
public sealed record VolumeExport(string Volume, string Secret, long EndedAt)
{
    /// <summary>Null when it failed.</summary>
    public SentBytes? Sent { get; init; }

    /// <summary>65 bytes, 0x hex, by the datacenter's operator key; empty when it failed.</summary>
    public string Signature { get; init; } = "";

    /// <summary>Why it failed; empty when it did not.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Tries in a row that failed.</summary>
    public int Failures { get; init; }

    /// <summary>The workload has run since: the volume may hold something else now.</summary>
    public bool IsOutdated { get; init; }

    public bool IsOf(ExportRun run) => (Volume, Secret, EndedAt) == (run.Volume, run.Secret, run.EndedAt);
}
