using System.Net;
using System.Net.Sockets;

namespace Federation.Testing;

/// <summary>
/// Ports of the loopback for servers that are started by their number. They are below those that the kernel gives to connections and to
/// who asks for any, and each is this process's until it ends: nothing else takes it before its server listens, or while that is away.
/// </summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 29_999;

    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"federation-ports-{Environment.UserName}")).FullName;
    private static readonly Lock Guard = new();

    // Open for as long as the process lives: the lock on each goes with it, however it ends. The files stay, or two could hold one.
    private static readonly List<FileStream> Held = [];

    // Processes that begin apart seldom meet.
    private static int next = First + (Environment.ProcessId % (Last - First + 1));

    /// <summary>A port that nobody listens on, and that no other test is given.</summary>
    public static int Take()
    {
        lock (Guard)
        {
            for (var tried = First; tried <= Last; tried++)
            {
                var port = next;
                next = next == Last ? First : next + 1;
                if (TryHold(port)) return port;
            }
        }

        throw new InvalidOperationException($"No port from {First} to {Last} is free: end what listens there, or remove the files in {Folder} when no test runs.");
    }

    private static bool TryHold(int port)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(Folder, $"{port}"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException)
        {
            // Another test's.
            return false;
        }

        if (IsTaken(port))
        {
            file.Dispose();
            return false;
        }

        Held.Add(file);
        return true;
    }

    private static bool IsTaken(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
