namespace Federation.Domain.Exports;

/// <summary>The pod that reads one volume and sends it, as the cluster shows it. A lease has one at most.</summary>
/// <param name="User">As asked for.</param>
/// <param name="SinceMs">Unix milliseconds when it was made.</param>
public sealed record ExportRun(string Volume, string Secret, uint User, long SinceMs)
{
    /// <summary>Unix seconds; 0 while it goes on.</summary>
    public long EndedAt { get; init; }

    /// <summary>Null unless it ended well.</summary>
    public SentBytes? Sent { get; init; }

    /// <summary>Why it failed, or does not get on; empty when neither.</summary>
    public string Problem { get; init; } = "";

    public bool Serves(ExportWish wish) => wish.Secret == Secret && wish.User == User && wish.Volumes.Contains(Volume);
}

/// <param name="Digest">SHA-256, 0x hex.</param>
/// <param name="Size">Bytes.</param>
public sealed record SentBytes(string Digest, ulong Size);
