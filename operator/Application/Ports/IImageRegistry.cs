using Federation.Domain.Workloads;

namespace Federation.Application.Ports;

/// <summary>The registries that tenants' images are in.</summary>
public interface IImageRegistry
{
    /// <summary>The datacenter's nodes have it already: no registry is asked, and it runs as it is written.</summary>
    bool IsPreloaded(ImageName image);

    /// <summary>What the image's tag means now. Takes a bounded time, and asks nobody but the registry and who gives out its tokens.</summary>
    /// <returns>Digest, such as <c>sha256:…</c>; of an image for several platforms that of its index.</returns>
    /// <exception cref="ImageException">The registry does not tell.</exception>
    Task<string> ResolveAsync(ImageName image, CancellationToken cancellation);
}

/// <summary>What a tag means cannot be told.</summary>
/// <param name="reason">CamelCase, stable, for a condition.</param>
/// <param name="message">For people: what is wrong and what to do. The image is named by whoever shows it.</param>
public sealed class ImageException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;
}
