using System;
using System.IO;
using System.Threading;
using Doppel.Host;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Backends.Character;

/// <summary>
/// Output to a descriptor: standard output, a pipe, a file. A thread of its own writes what has gathered, so that a guest that prints letter by
/// letter costs few system calls and nothing stays behind; the room in between is fixed, and when it is full the guest waits, as for a slow
/// terminal. Never throws: the first failure is remembered and told, and what comes later is dropped. Any thread.
/// </summary>
public sealed class StreamOutput : ICharacterBackend
{
    /// <summary>Bytes that fit between the guest and the outside.</summary>
    public const int RoomBytes = 64 * 1024;

    private static readonly TimeSpan DisposePatience = TimeSpan.FromSeconds(2);

    private readonly byte[] _ring = new byte[RoomBytes];
    private readonly object _gate = new();
    private readonly DescriptorWriter _to;
    private readonly SafeFileHandle? _file;
    private readonly Action<StreamOutput>? _lost;
    private readonly Thread _writer;
    private int _start;
    private int _count;
    private bool _ending;
    private bool _broken;

    /// <summary>Writes to <paramref name="descriptor"/>, which stays the caller's.</summary>
    /// <param name="descriptor">An open descriptor, 1 for standard output.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="lost">Called once, on the writer's thread, when writing has failed; <see cref="Failure"/> says how.</param>
    public StreamOutput(int descriptor = 1, string name = "standard output", Action<StreamOutput>? lost = null)
    {
        _to = new DescriptorWriter(descriptor, name);
        _lost = lost;
        _writer = new Thread(Drain) { IsBackground = true, Name = "serial output" };
        _writer.Start();
    }

    private StreamOutput(SafeFileHandle file, string name, Action<StreamOutput>? lost)
        : this((int)file.DangerousGetHandle(), name, lost) => _file = file;

    /// <summary>What went wrong first, or null.</summary>
    public HostException? Failure { get; private set; }

    /// <summary>Whether the reader closed its end of the pipe: the user's way of saying "enough".</summary>
    public bool IsClosedByReader { get; private set; }

    /// <summary>Last byte that was taken; a line feed at first.</summary>
    public byte LastByte { get; private set; } = (byte)'\n';

    /// <summary>Writes to the file <paramref name="path"/>, which is made, or emptied if it exists.</summary>
    /// <exception cref="HostException">It cannot be made; the message says why.</exception>
    public static StreamOutput ToFile(string path, Action<StreamOutput>? lost = null)
    {
        try
        {
            return new StreamOutput(File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), $"'{path}'", lost);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HostException($"cannot create '{path}': {Reason(error)}; name another file");
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (!bytes.IsEmpty && !_broken && !_ending)
            {
                int at = (_start + _count) % RoomBytes;
                int taken = Math.Min(bytes.Length, Math.Min(RoomBytes - _count, RoomBytes - at));
                if (taken == 0)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                bytes[..taken].CopyTo(_ring.AsSpan(at));
                LastByte = bytes[taken - 1];
                bytes = bytes[taken..];
                bool wasEmpty = _count == 0;
                _count += taken;
                if (wasEmpty)
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }

    /// <summary>Nothing to do: the writer never holds bytes back.</summary>
    public void Flush()
    {
        // On their way already.
    }

    /// <summary>Lets a guest that waits for room go on; what has not been written is dropped, and so is all that comes. Any thread.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _broken = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes no more, and waits until everything is written. False: not within <paramref name="patience"/>.</summary>
    public bool Finish(TimeSpan patience)
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.PulseAll(_gate);
        }

        return _writer.Join(patience);
    }

    /// <summary>Writes what waits, for two seconds at most.</summary>
    public void Dispose()
    {
        bool isBroken;
        lock (_gate)
        {
            isBroken = _broken;
        }

        // A writer that hangs in a write to a reader that does not read ends with the process.
        if (!Finish(isBroken ? TimeSpan.Zero : DisposePatience))
        {
            Abandon();
        }
        else
        {
            // Only now: nobody writes to it any more.
            _file?.Dispose();
        }
    }

    private static string Reason(Exception error) => error switch
    {
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "no permission, or it is a folder",
        PathTooLongException => "the name is too long",
        ArgumentException => "not a file name",
        _ => error.Message.ReplaceLineEndings(" "),
    };

    private void Drain()
    {
        while (Next() is { } ready)
        {
            bool written = _to.Write(ready.Span);
            lock (_gate)
            {
                _start = (_start + ready.Length) % RoomBytes;
                _count -= ready.Length;
                _broken |= !written;
                (Failure, IsClosedByReader) = (_to.Failure, _to.IsClosedByReader);
                Monitor.PulseAll(_gate);
            }

            if (!written)
            {
                _lost?.Invoke(this);
            }
        }
    }

    // The bytes that stand in one piece; they are not overwritten before they are counted off.
    private ReadOnlyMemory<byte>? Next()
    {
        lock (_gate)
        {
            while (_count == 0 && !_ending && !_broken)
            {
                Monitor.Wait(_gate);
            }

            if (_count == 0 || _broken)
            {
                return null;
            }

            return _ring.AsMemory(_start, Math.Min(_count, RoomBytes - _start));
        }
    }
}
