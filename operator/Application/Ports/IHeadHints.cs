namespace Federation.Application.Ports;

/// <summary>Tells of new blocks as they come. A hint only: some are lost, and what is read is read as ever.</summary>
public interface IHeadHints
{
    /// <summary>Yields once for one or several new blocks, until cancelled; it never fails.</summary>
    IAsyncEnumerable<bool> ReadAsync(CancellationToken cancellation);
}
