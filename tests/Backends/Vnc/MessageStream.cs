using System;
using System.IO;
using System.Net.WebSockets;
using System.Threading;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>A WebSocket of the runtime as a stream, for the test's client.</summary>
internal sealed class MessageStream : Stream
{
    private readonly WebSocket _socket;

    internal MessageStream(WebSocket socket) => _socket = socket;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        return _socket.ReceiveAsync(buffer.AsMemory(offset, count), patience.Token).AsTask().GetAwaiter().GetResult().Count;
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        _socket.SendAsync(buffer.AsMemory(offset, count), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
