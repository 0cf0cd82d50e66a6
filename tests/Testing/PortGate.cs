namespace Federation.Testing;

/// <summary>The operator's process ended at this call: nothing after it happens.</summary>
public sealed class KilledException() : Exception("The operator was killed here.");

/// <summary>Counts every port call of one operator process and ends the process at a chosen one.</summary>
public sealed class PortGate
{
    private int? killAt;

    public int Calls { get; private set; }

    /// <summary>True once the process has ended: all of its further calls throw.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Each call has two points: before its effect (odd) and after it, with the answer lost (even).</summary>
    public void KillAt(int point) => killAt = point;

    /// <summary>The step that it ended in or right after; empty where it did not, or the step has no name.</summary>
    public string KilledIn { get; private set; } = "";

    /// <summary>A new process: it lives, and its calls are counted from zero.</summary>
    public void Restart()
    {
        (IsDead, killAt, Calls) = (false, null, 0);
    }

    /// <summary>To be called before and after the effect of each port call.</summary>
    /// <param name="step">What the call is for.</param>
    public void Pass(string step = "")
    {
        if (!IsDead && ++Calls == killAt) (IsDead, KilledIn) = (true, step);
        if (IsDead) throw new KilledException();
    }
}
