namespace Federation.Application.Access;

/// <summary>Few at a time, and fewer of one caller: to ask a contract costs the node a second's work at most. Nothing waits.</summary>
internal sealed class ContractTurns(int most = 8, int mostPerCaller = 2)
{
    private readonly Dictionary<string, int> taken = [];
    private readonly Lock guard = new();
    private int all;

    /// <returns>Null: not now. Else given back by its end.</returns>
    public IDisposable? Take(string caller)
    {
        lock (guard)
        {
            var own = taken.GetValueOrDefault(caller);
            if (all >= most || own >= mostPerCaller) return null;
            (all, taken[caller]) = (all + 1, own + 1);
            return new Turn(this, caller);
        }
    }

    private void Return(string caller)
    {
        lock (guard)
        {
            all--;
            if (--taken[caller] == 0) taken.Remove(caller);
        }
    }

    private sealed class Turn(ContractTurns turns, string caller) : IDisposable
    {
        private bool isOver;

        public void Dispose()
        {
            if (isOver) return;
            isOver = true;
            turns.Return(caller);
        }
    }
}
