# frozen_string_literal: true

require "date"

module Wizard
  # What an applicant has filled in so far. `answers` is a hash by symbols.
  Draft = Struct.new(:form, :step, :started_on, :answers, keyword_init: true)

  # The token cannot be restored to a draft.
  class InvalidDraft < StandardError; end
end
