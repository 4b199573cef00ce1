/** Where run.ts tells the suite to find the synthesised stage. */
export const assemblyVariable = 'ADTALLY_TEST_ASSEMBLY';
