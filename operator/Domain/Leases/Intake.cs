namespace Federation.Domain.Leases;

/// <summary>Whether a datacenter takes new leases, as its administrator says.</summary>
public enum Intake
{
    /// <summary>New leases are taken.</summary>
    Open,

    /// <summary>No new ones; those that run go on.</summary>
    Paused,

    /// <summary>No new ones; those that run get their notice and are served through it.</summary>
    Draining,
}
