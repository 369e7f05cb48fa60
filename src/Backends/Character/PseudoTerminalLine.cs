using System;
using System.Threading;
using Doppel.Host;

namespace Doppel.Backends.Character;

/// <summary>
/// A line that ends at a pseudo-terminal, for "screen" or "minicom". It is there before somebody opens it and after; the 4 KiB that the host keeps
/// for a terminal nobody reads are the oldest, what follows is the latest. Any thread.
/// </summary>
public sealed class PseudoTerminalLine : ICharacterLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly PseudoTerminal _terminal;
    private readonly LatestBytes _output = new();
    private readonly DescriptorReader _reader;
    private readonly StoppableWriter _writer;
    private Thread? _reading;
    private Thread? _writing;

    /// <summary>Makes the terminal.</summary>
    /// <exception cref="HostException">The host has none left.</exception>
    public PseudoTerminalLine()
    {
        _terminal = new PseudoTerminal(isNonblocking: true);
        try
        {
            _terminal.MakeRaw();
            _reader = new DescriptorReader(_terminal.Master);
            _writer = new StoppableWriter(_terminal.Master);
        }
        catch
        {
            _reader?.Dispose();
            _terminal.Dispose();
            throw;
        }

        Where = _terminal.Path;
    }

    /// <inheritdoc/>
    public string Where { get; }

    /// <inheritdoc/>
    public long LostBytes => _output.Lost;

    /// <inheritdoc/>
    public void Start(BytesReceived? received)
    {
        _reading = new Thread(() => Read(received)) { IsBackground = true, Name = "terminal input" };
        _writing = new Thread(Drain) { IsBackground = true, Name = "terminal output" };
        _reading.Start();
        _writing.Start();
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Nothing to do: the writer never holds bytes back.</summary>
    public void Flush()
    {
        // On their way already.
    }

    /// <summary>Lets what waits get out for a moment, and ends the terminal. A receiver that does not return holds it open until the process ends.</summary>
    public void Dispose()
    {
        _output.Close();
        bool isOver = _writing?.Join(Patience) != false;
        _writer.Stop();
        _reader.Stop();
        isOver |= _writing?.Join(Patience) != false;
        if (isOver && _reading?.Join(Patience) != false)
        {
            _writer.Dispose();
            _reader.Dispose();
            _terminal.Dispose();
        }
    }

    private void Read(BytesReceived? received)
    {
        byte[] buffer = new byte[256];
        while (_reader.Read(buffer, out int count) == ReadOutcome.Data)
        {
            received?.Invoke(buffer.AsSpan(0, count));
        }
    }

    private void Drain()
    {
        byte[] buffer = new byte[4096];
        while (_output.Take(buffer, round: 0) is > 0 and int count && _writer.Write(buffer.AsSpan(0, count)))
        {
            // Until it ends.
        }
    }
}
