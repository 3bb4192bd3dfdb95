# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "open3"
require "tmpdir"
require_relative "../../lib/backup_bundle"

class BackupBundleTest < Minitest::Test
  def setup
    @root = Dir.mktmpdir
    @folder = File.join(@root, "notes")
    @target = File.join(@root, "backup.tar.gz")
    Dir.mkdir(@folder)
  end

  def teardown
    FileUtils.remove_entry(@root)
  end

  def write(name, text)
    path = File.join(@folder, name)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
  end

  # What GNU tar makes of the archive: the content of one entry.
  def content(name)
    text, status = Open3.capture2("tar", "-xzOf", @target, "--", name)
    assert_predicate status, :success?
    text.force_encoding("UTF-8")
  end

  def test_files_are_packed_in_their_order_with_their_content
    write("todo.txt", "milk\n")
    write("2026/trip.md", "# Trip\n")
    write("not-chosen.txt", "x")
    names = ["todo.txt", "2026/trip.md"]
    assert_equal 2, BackupBundle.pack(@folder, names, @target)
    assert_equal names, BackupBundle.entries(@target)
    assert_equal "milk\n", content("todo.txt")
    assert_equal "# Trip\n", content("2026/trip.md")
  end

  def test_names_may_have_spaces_quotes_and_accents
    names = ["my list (new).txt", "Jo's notes.txt", "caf\u00e9 & cr\u00e8me.md"]
    names.each { |name| write(name, "in #{name}") }
    assert_equal 3, BackupBundle.pack(@folder, names, @target)
    assert_equal names, BackupBundle.entries(@target)
    names.each { |name| assert_equal "in #{name}", content(name) }
  end

  def test_a_title_may_have_spaces
    write("a.txt", "a")
    @target = File.join(@root, "My backup (May).tar.gz")
    assert_equal 1, BackupBundle.pack(@folder, ["a.txt"], @target)
    assert_equal ["a.txt"], BackupBundle.entries(@target)
    assert_equal "a", content("a.txt")
  end

  def test_an_archive_that_is_there_is_replaced
    write("a.txt", "a")
    File.write(@target, "old")
    BackupBundle.pack(@folder, ["a.txt"], @target)
    assert_equal ["a.txt"], BackupBundle.entries(@target)
  end

  def test_no_names_are_refused
    assert_raises(ArgumentError) { BackupBundle.pack(@folder, [], @target) }
    refute_path_exists @target
  end

  def test_a_file_that_is_not_there_leaves_no_archive
    write("a.txt", "a")
    assert_raises(BackupBundle::Error) { BackupBundle.pack(@folder, ["a.txt", "b.txt"], @target) }
    refute_path_exists @target
  end

  def test_what_is_no_archive_is_refused
    File.write(@target, "no archive")
    assert_raises(BackupBundle::Error) { BackupBundle.entries(@target) }
    assert_raises(BackupBundle::Error) { BackupBundle.entries(File.join(@root, "none")) }
  end
end

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
