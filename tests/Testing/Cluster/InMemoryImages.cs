using System.Text;
using Federation.Application.Ports;
using Federation.Domain.Workloads;

namespace Federation.Testing.Cluster;

/// <summary>Registries whose tags may be moved, and that may fail or never answer.</summary>
public sealed class InMemoryImages : IImageRegistry
{
    private readonly Dictionary<string, int> moved = [];

    /// <summary>Images that were asked for, one entry for each time.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Registries that do not tell.</summary>
    public HashSet<string> Refusing { get; } = [];

    /// <summary>Registries that never answer.</summary>
    public HashSet<string> Silent { get; } = [];

    public string Preloaded { get; set; } = "preloaded.example/";

    /// <summary>Somebody pushes another image with the same tag.</summary>
    public void Move(string image) => moved[Name(image)] = moved.GetValueOrDefault(Name(image)) + 1;

    /// <summary>What the tag means now.</summary>
    public string DigestOf(string image) => "sha256:" + FakeHasher.Instance.Keccak256(Encoding.UTF8.GetBytes($"{Name(image)} {moved.GetValueOrDefault(Name(image))}"))[2..];

    /// <summary>Registries whose images have to be signed.</summary>
    public HashSet<string> Signing { get; } = [];

    public bool IsAsked(ImageName image) => !image.Path.StartsWith(Preloaded, StringComparison.Ordinal) && (image.Digest is null || Signing.Contains(image.Registry));

    public async Task<string> ResolveAsync(ImageName image, CancellationToken cancellation)
    {
        Asked.Add(image.ToString());
        if (Silent.Contains(image.Registry)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        return Refusing.Contains(image.Registry)
            ? throw new ImageException("ImageNotFound", $"registry {image.Registry} does not have it")
            : image.Digest ?? DigestOf(image.ToString());
    }

    private static string Name(string image) => ImageReference.Parse(image).ToString();
}
