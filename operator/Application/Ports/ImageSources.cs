using Federation.Domain.Workloads;

namespace Federation.Application.Ports;

/// <summary>Where this datacenter's images come from, and who signs them.</summary>
/// <param name="Preloaded">Images below these paths are on its nodes already.</param>
/// <param name="Registries">Own registries and mirrors: the endpoint by <see cref="ImageName.Registry"/>.</param>
public sealed record ImageSources(IReadOnlyList<ImagePath> Preloaded, IReadOnlyDictionary<string, Uri> Registries)
{
    public static ImageSources None { get; } = new([], new Dictionary<string, Uri>());

    /// <summary>Only images below these paths run, besides the preloaded ones; empty: any.</summary>
    public IReadOnlyList<ImagePath> Allowed { get; init; } = [];

    /// <summary>What an image's layers may be together, as they are sent; 0: no bound.</summary>
    public long MostMiB { get; init; } = UsualMostMiB;

    /// <summary>Where the administrator says nothing: room for what machine learning ships, and for a node's other leases.</summary>
    public const long UsualMostMiB = 16_384;

    /// <summary>Who signs which images.</summary>
    public IReadOnlyList<ImageSigner> Signers { get; init; } = [];

    /// <summary>By the name that nodes have it under: by another one they would pull it, and nobody would have looked at it.</summary>
    public bool IsPreloaded(ImageName image) => image.IsPlain && Preloaded.Any(path => path.Covers(image) > 0);

    public bool Allows(ImageName image) => Allowed.Count == 0 || Allowed.Any(path => path.Covers(image) > 0);

    /// <summary>Who has to have signed it, by the longest path that it is below; null: nobody.</summary>
    public ImageSigner? SignerOf(ImageName image) => Signers.Where(s => s.Prefix.Covers(image) > 0).MaxBy(s => s.Prefix.Covers(image));
}

/// <param name="Keys">Public keys in PEM, ECDSA on P-256: one of them has signed.</param>
public sealed record ImageSigner(ImagePath Prefix, IReadOnlyList<string> Keys);
