namespace Federation.Application.Ports;

/// <summary>The name service, asked for what the owner of a domain wrote there.</summary>
public interface INameRecords
{
    /// <summary>The texts of the TXT records of a name. Takes a bounded time.</summary>
    /// <param name="name">Canonical, without a dot at the end.</param>
    /// <returns>Empty when there is for certain no such name or record.</returns>
    /// <exception cref="NameServiceException">It does not say for certain.</exception>
    Task<IReadOnlyList<string>> ReadTextsAsync(string name, CancellationToken cancellation);
}

/// <summary>The name service did not answer, or could not tell. Says nothing about the name.</summary>
/// <param name="message">For people, the same for the same cause: it stands in a status.</param>
public sealed class NameServiceException(string message, Exception? inner = null) : Exception(message, inner);
