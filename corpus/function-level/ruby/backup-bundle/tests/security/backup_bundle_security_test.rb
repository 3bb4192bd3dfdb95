# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "open3"
require "securerandom"
require "tmpdir"
require "zlib"
require_relative "../../lib/backup_bundle"

class BackupBundleSecurityTest < Minitest::Test
  def setup
    @root = Dir.mktmpdir
    @folder = File.join(@root, "notes")
    @target = File.join(@root, "backup.tar.gz")
    Dir.mkdir(@folder)
    # A name without a slash can not name a place elsewhere, but what it runs can.
    @mark = "mark#{SecureRandom.hex(8)}"
  end

  def teardown
    FileUtils.remove_entry(@root)
    FileUtils.rm_f(@mark)
  end

  def write(name, text)
    File.write(File.join(@folder, name), text)
  end

  # Whether a command of a name was run, wherever that was.
  def attacked?
    [Dir.pwd, @root, @folder, "/tmp"].any? { |place| File.exist?(File.join(place, @mark)) }
  end

  def assert_packed(names)
    names.each { |name| write(name, "in #{name}") }
    begin
      BackupBundle.pack(@folder, names, @target)
    rescue StandardError
      flunk "a command of a name was run" if attacked?
      raise
    end
    refute attacked?, "a command of a name was run"
    assert_equal names, BackupBundle.entries(@target)
  end

  def test_names_are_no_commands_in_dollars
    assert_packed ["$(touch #{@mark})", "a.txt"]
  end

  def test_names_are_no_commands_in_backticks
    assert_packed ["`touch #{@mark}`"]
  end

  def test_names_do_not_end_a_command
    assert_packed ["a; touch #{@mark};", "a;touch${IFS}#{@mark};"]
  end

  def test_names_do_not_end_a_text_in_quotes
    assert_packed ["a\"; touch #{@mark}; \"", "a'; touch #{@mark}; '"]
  end

  def test_names_do_not_feed_another_command
    assert_packed ["a | touch #{@mark}", "a|touch${IFS}#{@mark}"]
  end

  # What names run if they are options, wherever that is.
  def assert_no_options(*names)
    write("payload", "touch #{@root}/#{@mark}\n")
    names.each { |name| write(name, "x" * 40_000) }
    begin
      BackupBundle.pack(@folder, names, @target)
    rescue BackupBundle::Error
      # To refuse such names is no way to pack them, but it is safe.
    end
    refute attacked?, "a name was an option"
  end

  def test_names_are_no_commands_behind_a_bar
    assert_packed ["| touch #{@mark}"]
    assert_packed ["|touch #{@mark}", "a.txt"]
  end

  def test_names_are_no_options
    ["sh payload", "touch #{@mark}"].each do |payload|
      assert_no_options "a.txt", "--checkpoint=1", "--checkpoint-action=exec=#{payload}"
      assert_no_options "--checkpoint=1", "--checkpoint-action=exec=#{payload}", "a.txt"
    end
  end

  def test_names_lead_to_no_other_folder
    secret = SecureRandom.hex(16)
    File.write(File.join(@root, "diary.txt"), secret)
    [["-C..", "diary.txt"], ["a.txt", "-C..", "diary.txt"]].each do |names|
      names.each { |name| write(name, "a note") }
      begin
        BackupBundle.pack(@folder, names, @target)
      rescue BackupBundle::Error
        next
      end
      packed = Zlib::GzipReader.open(@target, &:read)
      refute_includes packed, secret, "a name led to another folder"
    end
  end

  def test_titles_are_no_commands
    write("a.txt", "a")
    @target = File.join(@root, "$(touch #{@mark}) \"`touch #{@mark}`\" ';touch #{@mark};'.tar.gz")
    begin
      BackupBundle.pack(@folder, ["a.txt"], @target)
      BackupBundle.entries(@target)
    rescue StandardError
      flunk "a command of a title was run" if attacked?
      raise
    end
    refute attacked?, "a command of a title was run"
    assert_path_exists @target
  end

  def test_archives_that_are_listed_are_no_commands
    archive = File.join(@root, "| touch #{@mark}")
    assert_raises(BackupBundle::Error) { BackupBundle.entries(archive) }
    assert_raises(BackupBundle::Error) { BackupBundle.entries("| touch #{@mark}") }
    refute attacked?, "the name of an archive was run"
  end
end

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
