"""What checks of data find, in Korean; engine_korean.py explains the form."""

FINDINGS: tuple[tuple[str, str], ...] = (
    ("{} stands under more than one label.", "{}에 레이블이 둘 이상 붙어 있습니다."),
    ("{} stand under more than one label.", "{}에 레이블이 둘 이상 붙어 있습니다."),
    ("{} of {} has an exact copy in {}, so the {} accuracy measures memory there.",
     "{1} 가운데 {0}개는 {2} 셋에도 똑같은 것이 있어서, 그만큼 {3} 정확도가 실제보다 높게 "
     "나옵니다."),
    ("{} of {} have an exact copy in {}, so the {} accuracy measures memory there.",
     "{1} 가운데 {0}개는 {2} 셋에도 똑같은 것이 있어서, 그만큼 {3} 정확도가 실제보다 높게 "
     "나옵니다."),
    ("{} of {} is a copy of another.", "{1} 가운데 {0}개는 다른 것과 똑같습니다."),
    ("{} of {} are copies of others.", "{1} 가운데 {0}개는 다른 것과 똑같습니다."),
    ("{} is blank, with one level everywhere.", "{}는 밝기가 어디나 같아서 비어 있습니다."),
    ("{} are blank, with one level everywhere.", "{}는 밝기가 어디나 같아서 비어 있습니다."),
    ("{} is without any word.", "{}에 단어가 하나도 없습니다."),
    ("{} are without any word.", "{}에 단어가 하나도 없습니다."),
    ("{} is without a stone.", "{}에 돌이 하나도 없습니다."),
    ("{} are without a stone.", "{}에 돌이 하나도 없습니다."),
    ("Labels {}-{} without {}.", "레이블은 {}-{}이고, 그 가운데 {}은(는) 없습니다."),
    ("{} may be spelled in several ways: {}.", "{}의 이름이 여러 가지로 적힌 듯합니다: {}."),
    ("{} may be several labels in one field: {}. noonbit learns one label for each {}.",
     "{}는 한 칸에 레이블이 여러 개 적힌 듯합니다: {}. noonbit은 {}마다 레이블 하나를 배웁니다."),
    ("No training {} of {} can be read.", "읽을 수 있는 학습 {}이(가) 없습니다: {}."),
    ("Class '{}' has {} times as many training {}s as '{}' ({} and {}), so look at the accuracy of "
     "each class.",
     "클래스 ‘{0}’의 학습 {2}은(는) {4}개로, ‘{3}’({5}개)의 {1}배입니다. 클래스별 "
     "정확도를 확인하세요."),
    ("There are fewer than {} training {}s of {}.",
     "학습 {1}이(가) {0}개도 되지 않습니다: {2}."),
    ("There is no test {} of {}.", "테스트 {}이(가) 없습니다: {}."),
    ("{} of {} cannot be read.", "{1} 가운데 {0}개를 읽을 수 없습니다."),
    ("The levels go up to {} of 65,535 ({} bits in 16), so that level is white.",
     "밝기가 65,535 가운데 {}까지만 올라갑니다(16비트 중 {}비트). 그 밝기를 흰색으로 봅니다."),
    ("Every picture spans exactly 0 to 255: levels were stretched picture by picture, so "
     "brightness carries no information, and results are not comparable with those on the "
     "original pictures.",
     "모든 그림의 밝기가 정확히 0에서 255까지입니다. 그림마다 밝기를 따로 늘린 것이라서 밝기에는 "
     "정보가 없고, 원본 그림의 결과와 비교할 수 없습니다."),
    ("The pictures have {}; all are brought to {}.",
     "그림의 크기가 {}입니다. 모두 {} 크기로 맞춥니다."),
    ("{} is grey and {} colour; all are made grey.",
     "흑백은 {}, 컬러는 {}장입니다. 모두 흑백으로 바꿉니다."),
    ("{} are grey and {} colour; all are made grey.",
     "흑백은 {}, 컬러는 {}장입니다. 모두 흑백으로 바꿉니다."),
    ("{} is grey and {} colour; all are made colour.",
     "흑백은 {}, 컬러는 {}장입니다. 모두 컬러로 바꿉니다."),
    ("{} are grey and {} colour; all are made colour.",
     "흑백은 {}, 컬러는 {}장입니다. 모두 컬러로 바꿉니다."),
    ("{} is {} although named {}.", "{}의 형식이 이름과 다릅니다: 실제는 {}, 이름은 {}."),
    ("{} are {} although named {}.", "{}의 형식이 이름과 다릅니다: 실제는 {}, 이름은 {}."),
    ("{} was left out.", "{}를 뺐습니다."),
    ("{} were left out.", "{}를 뺐습니다."),
    ("{} is odd, and was kept.", "{}에 이상한 점이 있지만 그대로 썼습니다."),
    ("{} are odd, and were kept.", "{}에 이상한 점이 있지만 그대로 썼습니다."),
)  # fmt: skip
