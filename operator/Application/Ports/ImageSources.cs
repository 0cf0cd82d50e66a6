using Federation.Domain.Workloads;

namespace Federation.Application.Ports;

/// <summary>Where this datacenter's images come from, and who signs them.</summary>
/// <param name="Preloaded">Images below these paths are on its nodes already.</param>
/// <param name="Registries">Own registries and mirrors: the endpoint by the registry's name in image references.</param>
public sealed record ImageSources(IReadOnlyList<string> Preloaded, IReadOnlyDictionary<string, Uri> Registries)
{
    public static ImageSources None { get; } = new([], new Dictionary<string, Uri>());

    /// <summary>Only images below these paths run, besides the preloaded ones; empty: any.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Who signs which images.</summary>
    public IReadOnlyList<ImageSigner> Signers { get; init; } = [];

    public bool IsPreloaded(ImageName image) => Preloaded.Any(path => IsBelow(image, path));

    public bool Allows(ImageName image) => Allowed.Count == 0 || Allowed.Any(path => IsBelow(image, path));

    /// <summary>Who has to have signed it, by the longest path that it is below; null: nobody.</summary>
    public ImageSigner? SignerOf(ImageName image) => Signers.Where(s => IsBelow(image, s.Prefix)).MaxBy(s => s.Prefix.TrimEnd('/').Length);

    private static bool IsBelow(ImageName image, string path) =>
        path.TrimEnd('/') is var whole && (image.Path == whole || image.Path.StartsWith(whole + "/", StringComparison.Ordinal));
}

/// <param name="Prefix">Registry and path, or the start of it.</param>
/// <param name="Keys">Public keys in PEM, ECDSA on P-256: one of them has signed.</param>
public sealed record ImageSigner(string Prefix, IReadOnlyList<string> Keys);
