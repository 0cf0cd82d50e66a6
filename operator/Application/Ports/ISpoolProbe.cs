namespace Federation.Application.Ports;

/// <summary>Whether the nodes' spools answer now; there is none of it where nodes do not spool.</summary>
public interface ISpoolProbe
{
    Task<SpoolStanding> StandingAsync(CancellationToken cancellation);
}

/// <param name="Answering">How many do.</param>
/// <param name="Away">Each that does not; a name that leads to no spool at all is one.</param>
public sealed record SpoolStanding(int Answering, IReadOnlyList<AwaySpool> Away);

/// <param name="Name">Its address, or the name that leads to none.</param>
/// <param name="Fault">For an administrator.</param>
public sealed record AwaySpool(string Name, string Fault);
