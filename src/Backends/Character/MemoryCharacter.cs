using System;
using System.Text;
using System.Threading;

namespace Doppel.Backends.Character;

/// <summary>Keeps the latest output in memory, for tests and for "what did the guest say last". Any thread.</summary>
public sealed class MemoryCharacter : ICharacterBackend
{
    private readonly object _lock = new();
    private readonly byte[] _ring;
    private long _total;

    /// <summary>Keeps at most the last <paramref name="capacityBytes"/>; older output is forgotten.</summary>
    public MemoryCharacter(int capacityBytes = 1 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        _ring = new byte[capacityBytes];
    }

    /// <summary>Bytes written since the start, forgotten ones included.</summary>
    public long TotalBytes
    {
        get
        {
            lock (_lock)
            {
                return _total;
            }
        }
    }

    /// <summary>What is kept, as text in which each byte is one character (ISO 8859-1).</summary>
    public string Text => Encoding.Latin1.GetString(ToArray());

    /// <summary>A copy of what is kept, oldest byte first.</summary>
    public byte[] ToArray()
    {
        lock (_lock)
        {
            int kept = (int)Math.Min(_total, _ring.Length);
            byte[] copy = new byte[kept];
            int first = (int)((_total - kept) % _ring.Length);
            int head = Math.Min(kept, _ring.Length - first);
            _ring.AsSpan(first, head).CopyTo(copy);
            _ring.AsSpan(0, kept - head).CopyTo(copy.AsSpan(head));
            return copy;
        }
    }

    /// <summary>Waits until <paramref name="text"/> is among what is kept. False: not within <paramref name="timeoutMs"/>.</summary>
    public bool WaitFor(string text, int timeoutMs)
    {
        long until = Environment.TickCount64 + timeoutMs;
        lock (_lock)
        {
            while (!Text.Contains(text, StringComparison.Ordinal))
            {
                long left = until - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)Math.Min(left, int.MaxValue)))
                {
                    return Text.Contains(text, StringComparison.Ordinal);
                }
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _total += bytes.Length;
            ReadOnlySpan<byte> kept = bytes.Length > _ring.Length ? bytes[^_ring.Length..] : bytes;
            int at = (int)((_total - kept.Length) % _ring.Length);
            int head = Math.Min(kept.Length, _ring.Length - at);
            kept[..head].CopyTo(_ring.AsSpan(at));
            kept[head..].CopyTo(_ring);
            Monitor.PulseAll(_lock);
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // Written is visible.
    }

    /// <summary>Does nothing: what was captured stays readable.</summary>
    public void Dispose()
    {
        // Only managed memory is held.
    }
}
