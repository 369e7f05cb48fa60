using System;
using System.Text;
using System.Threading;
using Doppel.Backends;

namespace Doppel.Guests.Tests;

/// <summary>What a guest printed on its serial port, and a mark up to where a test has read. A guest that prints without end loses the oldest.</summary>
internal sealed class Transcript : ICharacterBackend
{
    private const int MaxLength = 1 << 20;

    private readonly object _gate = new();
    private readonly StringBuilder _text = new();
    private int _mark;
    private bool _ended;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte b in bytes)
            {
                _text.Append((char)b);
            }

            int surplus = _text.Length - MaxLength;
            if (surplus > 0)
            {
                _text.Remove(0, surplus);
                _mark = Math.Max(0, _mark - surplus);
            }

            Monitor.PulseAll(_gate);
        }
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }

    /// <summary>Nothing more will come.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for <paramref name="words"/> after the mark, moves the mark behind them and returns what stood before them. Null: they did not come.</summary>
    internal string? WaitFor(string words, TimeSpan patience)
    {
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (_gate)
        {
            while (true)
            {
                string unread = _text.ToString(_mark, _text.Length - _mark);
                int at = unread.IndexOf(words, StringComparison.Ordinal);
                if (at >= 0)
                {
                    _mark += at + words.Length;
                    return unread[..at];
                }

                long left = end - Environment.TickCount64;
                if (_ended || left <= 0)
                {
                    return null;
                }

                Monitor.Wait(_gate, (int)Math.Min(left, 1000));
            }
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }
}
