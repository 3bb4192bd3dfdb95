# frozen_string_literal: true

require "minitest"

module AssayHarness
  # Tests that must fail, each in one of the usual ways, and one that must pass. They are
  # run after each test, in its process.
  class Sentinels < Minitest::Test
    MUST_FAIL = %i[
      untrue equal same nothing within matching empty kind raising refuting unequal differing
      outside unmatched flunking an_error
    ].freeze

    def untrue = assert(false)
    def equal = assert_equal("a", "b")
    def same = assert_same(+"a", +"a")
    def nothing = assert_nil(0)
    def within = assert_includes([1, 2], 3)
    def matching = assert_match(/a/, "b")
    def empty = assert_empty([1])
    def kind = assert_kind_of(String, 1)
    def raising = assert_raises(IOError) {}
    def refuting = refute(true)
    def unequal = refute_equal("a", "a")
    def differing = assert_operator(1, :>, 2)
    def outside = refute_includes([1, 2], 2)
    def unmatched = refute_match(/a/, "a")
    def flunking = flunk("x")
    def an_error = raise(IOError, "x")

    def passing
      assert true
      assert_equal [1, { a: "b" }], [1, { a: "b" }]
      assert_raises(IOError) { raise IOError, "x" }
      refute_includes %w[a b], "c"
    end

    Minitest::Runnable.runnables.delete(self)
  end
end
