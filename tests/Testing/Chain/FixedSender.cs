using Federation.Application.Ports;
using Federation.Testing.Builders;

namespace Federation.Testing.Chain;

/// <summary>A key that can send, until a test says otherwise.</summary>
public sealed class FixedSender : ISenderAccount
{
    public SenderStanding Standing { get; set; } = new(Some.Provider, null, 1_000, 10);

    public Task<SenderStanding> ReadAsync(CancellationToken cancellation) => Task.FromResult(Standing);
}
