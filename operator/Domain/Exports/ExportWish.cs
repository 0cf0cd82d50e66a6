namespace Federation.Domain.Exports;

/// <summary>What a tenant wants of its volumes: each is sent once, as it lies when nothing runs.</summary>
/// <param name="Volumes">Names of claims.</param>
/// <param name="Secret">In the lease's namespace; under a volume's name it has the URL that the volume is put to.</param>
/// <param name="User">Numeric user that reads: who wrote the files, where the storage keeps no group of theirs.</param>
public sealed record ExportWish(IReadOnlyList<string> Volumes, string Secret, uint User);

/// <summary>What a look knows of exports beside the cluster's facts.</summary>
/// <param name="Wish">Null when nothing is asked for.</param>
/// <param name="Signature">Of what the run that has ended says; null when there is nothing to sign, or it could not be signed now.</param>
public sealed record ExportNews(ExportWish? Wish, string? Signature)
{
    public static ExportNews None { get; } = new(null, null);
}
