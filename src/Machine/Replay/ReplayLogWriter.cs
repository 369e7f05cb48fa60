using System;
using System.IO;

namespace Doppel.Machine.Replay;

/// <summary>
/// Writes a log. Every frame is given to the stream whole and flushed, so that what was logged is there when the recorder is killed. A stream that
/// fails is not written to again.
/// </summary>
internal sealed class ReplayLogWriter(Stream to)
{
    private uint _frames;

    /// <summary>Why the stream failed, in words; null: it did not.</summary>
    public string? Failure { get; private set; }

    public void Begin(ReplayFacts facts)
    {
        Put(ReplayFormat.Magic);
        Put(ReplayFormat.FactsKind, facts.Encode());
    }

    public void Input(ReplayInstant at, int port, ReadOnlySpan<byte> bytes)
    {
        Span<byte> payload = stackalloc byte[ReplayFormat.InstantBytes + 1 + ReplayFormat.MaxInputBytes];
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, ReplayFormat.MaxInputBytes);
            ReplayFormat.Write(payload, at);
            payload[ReplayFormat.InstantBytes] = (byte)port;
            bytes[..length].CopyTo(payload[(ReplayFormat.InstantBytes + 1)..]);
            Put(ReplayFormat.InputKind, payload[..(ReplayFormat.InstantBytes + 1 + length)]);
            bytes = bytes[length..];
        }
    }

    public void Mark(ReplayInstant at)
    {
        Span<byte> payload = stackalloc byte[ReplayFormat.InstantBytes];
        ReplayFormat.Write(payload, at);
        Put(ReplayFormat.MarkKind, payload);
    }

    public void End(EndEntry end)
    {
        Span<byte> payload = stackalloc byte[ReplayFormat.EndBytes];
        ReplayFormat.Write(payload, end.At);
        payload[ReplayFormat.InstantBytes] = end.Kind;
        payload[ReplayFormat.InstantBytes + 1] = end.Code;
        payload[ReplayFormat.InstantBytes + 2] = end.FromOutside ? (byte)1 : (byte)0;
        Convert.FromHexString(end.Hash).CopyTo(payload[(ReplayFormat.InstantBytes + 3)..]);
        Put(ReplayFormat.EndKind, payload);
    }

    private void Put(byte kind, ReadOnlySpan<byte> payload) => Put(ReplayFormat.Frame(_frames++, kind, payload));

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            to.Write(bytes);
            to.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            Failure = e.Message.ReplaceLineEndings(" ");
        }
    }
}
