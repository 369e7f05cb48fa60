using System;
using System.IO;
using System.Threading;

namespace Doppel.Backends.Terminal;

/// <summary>
/// A screen in a terminal: text screens as text, graphics as a small picture of half blocks or a note. It converts only: bytes for the terminal go to a
/// stream, bytes from it come through <see cref="Type"/>; raw mode and the terminal's size are its owner's. A thread of its own writes, so a slow
/// terminal holds nobody up: what it cannot take in time it never sees.
/// </summary>
public sealed class TerminalDisplay : IDisplayBackend
{
    // Time between two pictures: a terminal is no video screen.
    private const int LeastMs = 30;

    private static readonly TimeSpan DisposePatience = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Stream _terminal;
    private readonly TerminalKeys _keys;
    private readonly TerminalPainter _painter = new();
    private readonly TerminalGrid _grid = new();
    private readonly bool _drawsPictures;
    private readonly Thread _painting;
    private volatile bool _isOver;
    private volatile bool _isLost;

    // Under the gate.
    private readonly ScreenPicture _picture = new();
    private TextScreen? _text;
    private int _columns;
    private int _rows;
    private bool _hasNews;
    private bool _isStale;

    /// <summary>Starts to paint with the first <see cref="Show"/>.</summary>
    /// <param name="terminal">Where bytes for the terminal go; stays the caller's.</param>
    /// <param name="input">Receives keys.</param>
    /// <param name="columns">Columns of the terminal.</param>
    /// <param name="rows">Rows of the terminal.</param>
    /// <param name="drawsPictures">Whether the terminal knows true colour; otherwise a graphics screen is told in words.</param>
    public TerminalDisplay(Stream terminal, IInputSink input, int columns, int rows, bool drawsPictures)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        ArgumentNullException.ThrowIfNull(input);
        (_terminal, _keys, _drawsPictures) = (terminal, new TerminalKeys(input), drawsPictures);
        Resize(columns, rows);
        _painting = new Thread(Paint) { IsBackground = true, Name = "terminal display" };
        _painting.Start();
    }

    /// <summary>Whether the terminal is still there.</summary>
    public bool IsWatching => !_isLost && !_isOver;

    /// <summary>The terminal has this size now; up to 1000 columns and rows are used. Any thread.</summary>
    public void Resize(int columns, int rows)
    {
        const int MaxSide = 1000;
        lock (_gate)
        {
            (_columns, _rows) = (Math.Clamp(columns, 1, MaxSide), Math.Clamp(rows, 1, MaxSide));
            _isStale = true;
        }

        _wake.Set();
    }

    /// <summary>Types what the terminal sent. False: Ctrl-] was among it, the person wants to leave. One thread at a time.</summary>
    public bool Type(ReadOnlySpan<byte> bytes) => _keys.Type(bytes);

    /// <inheritdoc/>
    public void Show(ScreenPicture picture, ScreenArea changed, TextScreen? text)
    {
        ArgumentNullException.ThrowIfNull(picture);
        lock (_gate)
        {
            _text = text;
            if (text is null && _drawsPictures)
            {
                _picture.CopyFrom(picture);
            }
            else
            {
                _picture.Resize(picture.Width, picture.Height);
            }

            _hasNews = true;
        }

        _wake.Set();
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        _wake.Set();
        if (_painting.Join(DisposePatience))
        {
            _wake.Dispose();
        }
    }

    private void Paint()
    {
        while (!_isOver)
        {
            _wake.WaitOne();
            if (TakeNews())
            {
                Write(_painter.Paint(_grid));
                Thread.Sleep(LeastMs);
            }
        }

        Write(_painter.End());
    }

    private bool TakeNews()
    {
        lock (_gate)
        {
            bool isResized = _grid.Columns != _columns || _grid.Rows != _rows;
            if (_isOver || (!_hasNews && !(_isStale && _painter.IsStarted)))
            {
                return false;
            }

            (_hasNews, _isStale) = (false, false);
            if (isResized)
            {
                _grid.Resize(_columns, _rows);
            }

            if (_text is { } text)
            {
                _grid.ShowText(text);
            }
            else if (_drawsPictures)
            {
                _grid.ShowPicture(_picture);
            }
            else
            {
                _grid.ShowNote($"[graphics screen, {_picture.Width} x {_picture.Height} pixels; a terminal without true colour cannot show it]");
            }

            return true;
        }
    }

    private void Write(byte[] bytes)
    {
        if (bytes.Length == 0 || _isLost)
        {
            return;
        }

        try
        {
            _terminal.Write(bytes);
            _terminal.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or NotSupportedException)
        {
            _isLost = true;
        }
    }
}
