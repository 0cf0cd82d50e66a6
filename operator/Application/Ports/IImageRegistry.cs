using Federation.Domain.Workloads;

namespace Federation.Application.Ports;

/// <summary>The registries that tenants' images are in.</summary>
public interface IImageRegistry
{
    /// <summary>
    /// Whether it is looked up before it runs: its tag for the digest, and all of them for where their registry leads, how large they
    /// are and who signed them. What is not runs as it is written.
    /// </summary>
    bool IsAsked(ImageName image);

    /// <summary>What the image's tag means now, if it may run here. Takes a bounded time, and asks nobody but the registry and who gives out its tokens.</summary>
    /// <returns>Digest, such as <c>sha256:…</c>; of an image for several platforms that of its index.</returns>
    /// <exception cref="ImageException">The registry does not tell, or the datacenter does not run it.</exception>
    Task<string> ResolveAsync(ImageName image, CancellationToken cancellation);
}

/// <summary>What a tag means cannot be told, or must not run.</summary>
/// <param name="reason">CamelCase, stable, for a condition.</param>
/// <param name="message">For people: what is wrong and what to do. The image is named by whoever shows it.</param>
public sealed class ImageException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;
}
